/** What does not fit together in stored metadata, and what raising makes of saved ones. */
import t from 'tap'
import { applyChanges } from '../../lib/cluster/apply.ts'
import { checkStored } from '../../lib/cluster/check-stored.ts'
import { emptyImage } from '../../lib/cluster/image.ts'
import { canRaise, restoredChanges, startsToPass } from '../../lib/cluster/restored.ts'

function entriesOf(values: Record<string, unknown>): { key: string; value: string }[] {
  return Object.entries(values)
    .map(([key, value]) => ({ key, value: typeof value === 'string' ? value : JSON.stringify(value) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
}

const state = { leader: 1, leaderEpoch: 4, starts: 2, partitionEpoch: 3, isr: [1, 2], offlineReplicas: [] }
const sound = {
  cluster: { clusterId: 'c' },
  'starts/1': { count: 2 },
  'starts/2': { count: 3 },
  'admitted/1': { epoch: 2 },
  'brokers/1': { epoch: 2, rack: null },
  'leaders/controller': '1',
  'leader-epochs/controller': '5',
  'producer-ids': { next: 1_000 },
  'topics/a': { topicId: 'id-a', replicas: [[1, 2], [2]], made: [{ from: 0, starts: { 1: 1, 2: 1 } }] },
  'partitions/id-a/0': state,
  'configs/topic/a': { 'retention.ms': '1' },
}

t.test('nothing is said of what fits together', t => {
  t.same(checkStored(entriesOf(sound)), [])
  t.end()
})

t.test('each thing that does not fit is said of its key', t => {
  const said = (values: Record<string, unknown>) =>
    checkStored(entriesOf({ ...sound, ...values })).map(({ key, problem }) => `${key} ${problem}`)
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ cluster: undefined }, /^cluster is not there/],
    [{ 'partitions/id-b/0': state }, /^partitions\/id-b\/0 is a partition of no topic/],
    [{ 'partitions/id-a/2': state }, /beyond the 2 partition/],
    [{ 'topics/b': { topicId: 'id-a', replicas: [[1]] } }, /^topics\/b has the id of topic a/],
    [{ 'topics/b': { topicId: 'id-b', replicas: [[1, 9]] } }, /broker 9, which never was there/],
    [{ 'topics/b': { topicId: 'id-b', replicas: [[1, 1]] } }, /names a replica twice/],
    [{ 'topics/b': { topicId: 'id-b', replicas: [[]] } }, /has no replica/],
    [{ 'topics/b': { replicas: [[1]] } }, /does not say its id/],
    [{ 'topics/b': '{' }, /not JSON/],
    [{ 'partitions/id-a/0': { ...state, isr: [1, 3] } }, /has 3 in sync, which is no replica/],
    [{ 'partitions/id-a/0': { ...state, leader: 2, isr: [1] } }, /is led by 2, which is not in sync/],
    [{ 'partitions/id-a/0': { ...state, elr: [2] } }, /both in sync and as eligible/],
    [{ 'partitions/id-a/0': { ...state, starts: 3 } }, /leader epoch would go back/],
    [{ 'partitions/id-a/0': {} }, /does not say leader/],
    [{ 'configs/topic/gone': { 'retention.ms': '1' } }, /settings of no topic/],
    [{ 'admitted/2': { epoch: 4 } }, /is of run 4, and broker 2 has started 3 time/],
    [{ 'leaders/controller': '2' }, /names broker 2/],
    [{ 'producer-ids': {} }, /which id is next/],
    [{ 'strange/1': {} }, /kind that this version does not know/],
  ]
  for (const [values, expected] of cases) {
    const given = Object.fromEntries(Object.entries({ ...sound, ...values }).filter(([, value]) => value !== undefined))
    const findings = checkStored(entriesOf(given)).map(({ key, problem }) => `${key} ${problem}`)
    t.ok(
      findings.some(finding => expected.test(finding)),
      `${expected}: ${findings.join('; ') || said({}).join()}`,
    )
  }
  t.end()
})

t.test('restored metadata go on above what was saved: epochs of leaders and brokers, ids of producers', t => {
  const saved = entriesOf({
    ...sound,
    'topics/b': { topicId: 'id-b', replicas: [[3]], made: [] },
    'partitions/id-a/1': { ...state, leader: -1, leaderEpoch: 9, isr: [] },
  })
  const changes = restoredChanges(saved, 50)
  const keys = changes.map(({ key }) => key)
  t.notOk(keys.some(key => key.startsWith('brokers/') || key.startsWith('leaders/')))
  const before = applyChanges(emptyImage('c', -1), saved, 1).image
  const after = applyChanges(emptyImage('c', -1), changes, 1).image
  for (const [name, topic] of [...before.topics].map(([name, topic]) => [name, topic] as const)) {
    for (const { index, leaderEpoch } of topic.partitions) {
      t.equal(after.topics.get(name)!.partitions[index]!.leaderEpoch, leaderEpoch + 100, `${name}-${index}`)
    }
  }
  t.equal(after.starts.get(1), 52)
  t.equal(after.starts.get(3), 50)
  const storedAt = (key: string) => changes.find(change => change.key === key)!.value
  t.equal(storedAt('producer-ids'), '{"next":1000001000}')
  t.equal(storedAt('leader-epochs/controller'), '55')
  t.equal(storedAt('configs/topic/a'), '{"retention.ms":"1"}')
  t.end()
})

t.test('starts are raised far enough to pass an epoch', t => {
  t.equal(startsToPass(5, 4), 0)
  for (const inLog of [5, 6, 7, 100]) {
    const raise = startsToPass(5, inLog)
    t.ok(5 + 2 * raise > inLog && 5 + 2 * (raise - 1) <= inLog, `${inLog}`)
  }
  t.ok(canRaise(0, 100_000))
  t.notOk(canRaise(2 ** 31 - 100_000, 100_000))
  t.end()
})
