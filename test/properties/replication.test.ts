/** What properties of replication and elections do, among several whole brokers. */
import t, { type Test } from 'tap'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { AlterReplicaLogDirs } from '../../protocol/messages/alter-replica-log-dirs.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { IncrementalAlterConfigs } from '../../protocol/messages/incremental-alter-configs.ts'
import { memoryFiles } from '../../storage/files.ts'
import { Brokers } from '../replication/brokers.ts'
import { Turned } from '../turned-broker.ts'

type Settings = Record<string, string>

async function several(t: Test, properties: Settings = {}, prepare: (brokers: Brokers) => void = () => {}) {
  const brokers = new Brokers({ 'replica.lag.time.max.ms': '3000', ...properties })
  t.teardown(() => brokers.close())
  prepare(brokers)
  await brokers.start(1, 2, 3)
  await brokers.pass(1_000)
  return brokers
}

function leader(brokers: Brokers, by: number, topic = 'a'): number {
  return brokers.services(by).cluster.image.topics.get(topic)!.partitions[0]!.leader
}

t.test('followers ask for as much, and wait as long, as replica.fetch.* says', async t => {
  const asked = async (properties: Settings) => {
    const seen: object[] = []
    const brokers = await several(t, properties, brokers => {
      brokers.interceptors = () => [
        {
          before: ({ api, request }) => {
            if (api === Fetch) seen.push(request)
            return undefined
          },
        },
      ]
    })
    await brokers.create('a', [[1, 2]])
    await brokers.produced(1, 'a', ['x'])
    const { maxBytes, minBytes, maxWaitMs } = seen.at(-1) as { maxBytes: number; minBytes: number; maxWaitMs: number }
    const partition = seen.flatMap(request => (request as { topics: { partitions: object[] }[] }).topics)[0]!
      .partitions[0]
    return { maxBytes, minBytes, maxWaitMs, ...(partition as { partitionMaxBytes: number }) }
  }
  t.match(await asked({}), { maxBytes: 10_485_760, partitionMaxBytes: 1_048_576, minBytes: 1, maxWaitMs: 500 })
  const properties = {
    'replica.fetch.response.max.bytes': '5000',
    'replica.fetch.max.bytes': '4000',
    'replica.fetch.min.bytes': '2',
    'replica.fetch.wait.max.ms': '700',
  }
  t.match(await asked(properties), { maxBytes: 5_000, partitionMaxBytes: 4_000, minBytes: 2, maxWaitMs: 700 })
})

t.test('replica.fetch.backoff.ms is the longest wait before a leader that refused is asked again', async t => {
  for (const [properties, isSoon] of [
    [{}, true],
    [{ 'replica.fetch.backoff.ms': '30000' }, false],
  ] as const) {
    let refuses = false
    const error = new KafkaError(codes.UNKNOWN_SERVER_ERROR, 'not now')
    const brokers = await several(t, properties, brokers => {
      brokers.interceptors = () => [
        { before: ({ api }) => (refuses && api === Fetch ? { kind: 'refuse', error } : undefined) },
      ]
    })
    await brokers.create('a', [[1, 2]])
    await brokers.produced(1, 'a', ['0'])
    refuses = true
    await brokers.produced(1, 'a', ['1'], 1)
    await brokers.pass(50_000)
    refuses = false
    await brokers.pass(1_500)
    const hasCaughtUp = () => brokers.bytes(2, 'a') === brokers.bytes(1, 'a')
    t.equal(hasCaughtUp(), isSoon)
    await brokers.pass(30_000)
    t.equal(hasCaughtUp(), true)
  }
})

t.test('replica.socket.timeout.ms is how long another broker may take to answer', async t => {
  for (const [properties, isGivenUp] of [
    [{}, false],
    [{ 'replica.socket.timeout.ms': '3000' }, true],
  ] as const) {
    const brokers = await several(t, properties)
    await brokers.create('a', [[1, 2]])
    await brokers.produced(1, 'a', ['0'])
    const before = brokers.lines.length
    brokers.part(1, 2)
    await brokers.pass(6_000)
    const said = brokers.lines.slice(before).filter(line => /^2 .*(leader|answer|fetch)/i.test(line))
    t.equal(said.length > 0, isGivenUp, said.join('\n'))
    brokers.join(1, 2)
    await brokers.pass(2_000)
  }
})

t.test(
  'unclean.leader.election.enable of a broker and of a topic has one lead that lacks records, where no other is there',
  async t => {
    const ledBy = async (properties: Settings, configs: Settings) => {
      const brokers = await several(t, properties)
      await brokers.create('a', [[1, 2]], configs)
      await brokers.produced(1, 'a', ['0'])
      brokers.part(1, 2)
      await brokers.produced(1, 'a', ['1'], 1)
      await brokers.pass(10_000)
      t.same(brokers.isr(3, 'a'), [1])
      await brokers.stop(1)
      await brokers.pass(30_000)
      return leader(brokers, 3)
    }
    t.equal(await ledBy({}, {}), -1)
    t.equal(await ledBy({ 'unclean.leader.election.enable': 'true' }, {}), 2)
    t.equal(await ledBy({}, { 'unclean.leader.election.enable': 'true' }), 2)
  },
)

t.test('auto.leader.rebalance.enable has the first of the replicas lead again', async t => {
  for (const [value, expected] of [
    ['true', 1],
    ['false', 2],
  ] as const) {
    const brokers = await several(t, {
      'auto.leader.rebalance.enable': value,
      'leader.imbalance.check.interval.seconds': '5',
    })
    await brokers.create('a', [[1, 2]])
    await brokers.produced(1, 'a', ['0'])
    await brokers.become('a', { leader: 2, leaderEpoch: 5 })
    await brokers.pass(15_000)
    t.equal(leader(brokers, 3), expected)
  }
})

t.test('controlled.shutdown.enable has others lead before a broker stops', async t => {
  for (const [value, isHandedOver] of [
    ['true', true],
    ['false', false],
  ] as const) {
    const brokers = await several(t, { 'controlled.shutdown.enable': value })
    await brokers.create('a', [[1, 2]])
    await brokers.produced(1, 'a', ['0'])
    const { cluster } = brokers.services(1)
    await brokers.stop(1)
    t.equal(cluster.image.topics.get('a')!.partitions[0]!.leader === 2, isHandedOver, 'as the broker saw it last')
  }
})

t.test('replica.alter.log.dirs.io.max.bytes.per.second is how fast a partition comes to another directory', async t => {
  for (const [rate, isMoved] of [
    [null, true],
    ['1000', false],
  ] as const) {
    const broker = await Turned.start(t, { 'log.dirs': '/a,/b', 'node.id': '1' }, { files: memoryFiles() })
    if (rate !== null) {
      const configs = [{ name: 'replica.alter.log.dirs.io.max.bytes.per.second', configOperation: 0, value: rate }]
      const resources = [{ resourceType: 4, resourceName: '', configs }]
      const { responses } = await broker.client.send(IncrementalAlterConfigs, 1, { resources, validateOnly: false })
      t.match(responses, [{ errorCode: 0 }])
    }
    await broker.create('t')
    for (let i = 0; i < 20; i++) await broker.produce('t', 'x'.repeat(100_000))
    const from = broker.log('t').dir
    const path = from.startsWith('/a') ? '/b' : '/a'
    const dirs = [{ path, topics: [{ name: 't', partitions: [0] }] }]
    await broker.client.send(AlterReplicaLogDirs, 2, { dirs })
    const hasMoved = () => broker.log('t').dir.startsWith(path)
    const begunMs = performance.now()
    for (let i = 0; i < 20 || (isMoved && !hasMoved() && performance.now() - begunMs < 100_000); i++) {
      await broker.advance(1_000)
    }
    t.equal(hasMoved(), isMoved)
  }
})
