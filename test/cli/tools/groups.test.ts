/** ottla groups: what Kafka's tool has not, JSON; times and files of offsets. The rest is compared with Kafka's tool by conformance/tools. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { kafkaConsumerGroups } from '../../../lib/cli/tools/groups.ts'
import { planIn } from '../../../lib/cli/tools/groups-plan.ts'
import { durationMsOf, timeOf } from '../../../lib/cli/tools/times.ts'
import { kafkaTopics } from '../../../lib/cli/tools/topics.ts'
import { toolOn } from './cluster.ts'

t.test('groups are printed as JSON', async t => {
  const run = await toolOn(t, (argv, io) =>
    argv.includes('--create') ? kafkaTopics(argv, io) : kafkaConsumerGroups(argv, io),
  )
  await run('--create', '--topic', 'a')
  t.match(await run('--reset-offsets', '--group', 'g', '--topic', 'a', '--to-latest', '--execute', '--json'), {
    code: 0,
    stdout: '[{"group":"g","topic":"a","partition":0,"offset":0}]\n',
  })
  t.same(JSON.parse((await run('--list', '--json')).stdout), [{ group: 'g', type: 'Classic', state: 'Empty' }])
  const described = JSON.parse((await run('--describe', '--group', 'g', '--json')).stdout)
  t.match(described, [{ group: 'g', topic: 'a', partition: 0, currentOffset: 0, logEndOffset: 0, lag: 0 }])
  const [state] = JSON.parse((await run('--describe', '--group', 'g', '--state', '--json')).stdout)
  t.match(state, { group: 'g', state: 'Empty', numberOfMembers: 0 })
})

t.test('times are read in their zone, which is UTC where none is said', async t => {
  t.equal(timeOf('2020-01-01T00:00:00.000'), 1_577_836_800_000)
  t.equal(timeOf('2020-01-01T00:00:00.5Z'), 1_577_836_800_500)
  t.equal(timeOf('2020-01-01T02:00:00+02'), 1_577_836_800_000)
  t.equal(timeOf('2019-12-31T22:30:00-01:30'), 1_577_836_800_000)
  t.throws(() => timeOf('2020-01-01'), /does not contain a 'T'/)
  t.throws(() => timeOf('2020-01-01T1'), /Unparseable date/)
})

t.test('durations are read as Java writes them', async t => {
  t.equal(durationMsOf('P1DT2H3M4.5S'), 93_784_500)
  t.equal(durationMsOf('-PT1S'), -1_000)
  for (const text of ['P', 'PT', 'P1', 'P1DT', '1D']) t.throws(() => durationMsOf(text), /cannot be parsed/, text)
})

t.test('a file of offsets is for one group, or names each', async t => {
  const path = join(t.testdir(), 'plan.csv')
  writeFileSync(path, 'a,0,1\nb,1,2\n')
  t.same(planIn(path, ['g']).get('g'), [
    { topic: 'a', partition: 0, offset: 1 },
    { topic: 'b', partition: 1, offset: 2 },
  ])
  t.throws(() => planIn(path, ['g', 'h']), /a line that is no offset: a,0,1/)
  writeFileSync(path, 'g,a,0,1\nh,b,1,2\n')
  t.same([...planIn(path, ['g', 'h']).keys()], ['g', 'h'])
  t.throws(() => planIn(`${path}.none`, ['g']), /Unable to read file/)
})
