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

t.test('a file of offsets is read as Kafka’s tool exports it, with quotes around long names and odd ones', async t => {
  const path = join(t.testdir(), 'plan.csv')
  writeFileSync(path, '"a-group, ""odd""",a,0,1\n"g","a-topic-of-more-than-24-letters",3,4\r\n')
  t.same(
    [...planIn(path, [])],
    [
      ['a-group, "odd"', [{ topic: 'a', partition: 0, offset: 1 }]],
      ['g', [{ topic: 'a-topic-of-more-than-24-letters', partition: 3, offset: 4 }]],
    ],
  )
  writeFileSync(path, '"a,0,1\n')
  t.throws(() => planIn(path, ['g']), /a line that is no offset/)
})

t.test(
  'a partition that stands twice in a file has the last of its offsets, and a negative one is refused',
  async t => {
    const path = join(t.testdir(), 'plan.csv')
    writeFileSync(path, 'a,0,1\na,1,5\na,0,3\n')
    t.same(planIn(path, ['g']).get('g'), [
      { topic: 'a', partition: 0, offset: 3 },
      { topic: 'a', partition: 1, offset: 5 },
    ])
    writeFileSync(path, 'a,0,-1\n')
    t.throws(() => planIn(path, ['g']), /Invalid negative offset/)
  },
)

t.test('offsets are exported as Kafka’s tool writes them, and can be read again', async t => {
  const topic = 'a-topic-of-more-than-24-letters'
  const run = await toolOn(t, (argv, io) =>
    argv.includes('--create') ? kafkaTopics(argv, io) : kafkaConsumerGroups(argv, io),
  )
  await run('--create', '--topic', topic)
  const reset = (...args: string[]) => run('--reset-offsets', '--dry-run', ...args)
  const of = ['--topic', topic, '--to-latest', '--export']
  t.match(await reset('--group', 'g', ...of), { code: 0, stdout: `"${topic}",0,0\n\n` })
  t.match((await reset('--group', 'a, "b"', '--group', 'exactly-24-letters-long1', ...of)).stdout.split('\n').sort(), [
    '',
    '',
    `"a, ""b""","${topic}",0,0`,
    `exactly-24-letters-long1,"${topic}",0,0`,
  ])
  const path = join(t.testdir(), 'plan.csv')
  writeFileSync(path, (await reset('--group', 'g', ...of)).stdout)
  t.match(await reset('--group', 'g', '--from-file', path, '--export'), { code: 0, stdout: `"${topic}",0,0\n\n` })
})

t.test('a topic that is named twice is reset once, and a comma behind its partitions does no harm', async t => {
  const run = await toolOn(t, (argv, io) =>
    argv.includes('--create') ? kafkaTopics(argv, io) : kafkaConsumerGroups(argv, io),
  )
  await run('--create', '--topic', 'a', '--partitions', '2')
  const exported = async (...topics: string[]) => {
    const args = topics.flatMap(topic => ['--topic', topic])
    return (await run('--reset-offsets', '--group', 'g', ...args, '--to-latest', '--dry-run', '--export')).stdout.trim()
  }
  t.equal(await exported('a', 'a'), 'a,0,0\na,1,0')
  t.equal(await exported('a:1', 'a'), 'a,1,0\na,0,0')
  t.equal(await exported('a:0,'), 'a,0,0')
})
