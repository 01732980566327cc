/** kafka-configs: what it prints and ends with, as Apache Kafka 4.4's tool was seen to. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Io } from '../../../lib/cli/io.ts'
import { changesOf, kafkaConfigs } from '../../../lib/cli/tools/configs.ts'
import { kafkaTopics } from '../../../lib/cli/tools/topics.ts'
import { runHere, toolOn } from './cluster.ts'

const nothing = { code: 0, stdout: '', stderr: '' }

/** Both tools on one broker: topics by `topics …`, the rest by its own words. */
const both = (argv: readonly string[], io: Io) => {
  const [server, address, first, ...rest] = argv
  return first === 'topics' ? kafkaTopics([server, address, ...rest], io) : kafkaConfigs(argv, io)
}

t.test('settings are told as JSON, too', async t => {
  const run = await toolOn(t, both)
  await run('topics', '--create', '--topic', 'beta', '--config', 'retention.ms=1000')
  const { code, stdout } = await run('--describe', '--entity-type', 'topics', '--json')
  t.equal(code, 0)
  const [retention] = [{ name: 'retention.ms', value: '1000', sensitive: false, source: 'DYNAMIC_TOPIC_CONFIG' }]
  const synonyms = [{ name: 'retention.ms', value: '1000', source: 'DYNAMIC_TOPIC_CONFIG' }]
  t.same(JSON.parse(stdout), [{ type: 'topic', name: 'beta', configs: [{ ...retention, synonyms }] }])
  const all = JSON.parse((await run('--describe', '--topic', 'beta', '--all', '--json')).stdout)
  t.ok(all[0].configs.length > 20)
})

t.test('quotas and credentials are told as JSON, too', async t => {
  const run = await toolOn(t, both)
  const described = async (...words: string[]) => JSON.parse((await run('--describe', '--json', ...words)).stdout)
  t.same(await described('--entity-type', 'users'), { quotas: [], scramCredentials: [] })
  const password = 'SCRAM-SHA-256=[iterations=4096,password=secret]'
  t.match(await run('--alter', '--user', 'alice', '--add-config', password), { code: 0 })
  const rates = 'producer_byte_rate=1e10,consumer_byte_rate=2048'
  t.match(await run('--alter', '--user', 'alice', '--add-config', rates), { code: 0 })
  t.match(await run('--alter', '--user-defaults', '--add-config', 'request_percentage=50'), { code: 0 })
  const ofAlice = { entity: { user: 'alice' }, values: { consumer_byte_rate: 2048, producer_byte_rate: 1e10 } }
  const ofOthers = { entity: { user: null }, values: { request_percentage: 50 } }
  const credentials = [{ user: 'alice', credentials: [{ mechanism: 'SCRAM-SHA-256', iterations: 4096 }] }]
  t.same(await described('--entity-type', 'users'), { quotas: [ofOthers, ofAlice], scramCredentials: credentials })
  t.same(await described('--user-defaults'), { quotas: [ofOthers], scramCredentials: [] })
  t.same(await described('--entity-type', 'clients'), { quotas: [] }, 'clients have no credentials')
})

t.test("a topic's settings are changed, described and given back", async t => {
  const run = await toolOn(t, both)
  await run('topics', '--create', '--topic', 'beta', '--config', 'retention.ms=1000')
  const head = 'Dynamic configs for topic beta are:\n'
  const retention = (ms: number) =>
    `  retention.ms=${ms} sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=${ms}}\n`
  t.same(await run('--describe', '--topic', 'beta'), { ...nothing, stdout: `${head}${retention(1000)}` })
  const completed = { ...nothing, stdout: 'Completed updating config for topic beta.\n' }
  t.same(
    await run('--alter', '--topic', 'beta', '--add-config', 'retention.ms=2000,cleanup.policy=[compact,delete]'),
    completed,
  )
  t.same(await run('--describe', '--entity-type', 'topics', '--entity-name', 'beta'), {
    ...nothing,
    stdout: `${head}  cleanup.policy=compact,delete sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:cleanup.policy=compact,delete, DEFAULT_CONFIG:log.cleanup.policy=delete}\n${retention(2000)}`,
  })
  t.same(await run('--alter', '--topic', 'beta', '--delete-config', 'retention.ms,cleanup.policy'), completed)
  t.same(await run('--describe', '--topic', 'beta'), { ...nothing, stdout: head })
  t.match(await run('--describe', '--topic', 'beta', '--all'), {
    stdout:
      /^All configs for topic beta are:\n {2}cleanup\.policy=delete sensitive=false synonyms=\{DEFAULT_CONFIG:log/,
  })
  t.same(await run('--describe', '--entity-type', 'topics'), { ...nothing, stdout: head })
  t.same(await run('--describe', '--topic', 'nothere'), {
    ...nothing,
    stdout: "The topic 'nothere' doesn't exist and doesn't have dynamic config.\n",
  })
})

t.test('a change that is refused ends with the reason', async t => {
  const run = await toolOn(t, both)
  await run('topics', '--create', '--topic', 'beta')
  t.match(await run('--alter', '--topic', 'beta', '--add-config', 'retention.ms=abc'), {
    code: 1,
    stderr:
      /^Error while executing config command with args '--bootstrap-server \S+ --alter --topic beta --add-config retention\.ms=abc'\n.*retention\.ms/,
  })
  t.match(await run('--alter', '--topic', 'nothere', '--add-config', 'retention.ms=1'), { code: 1, stderr: /nothere/ })
  t.match(await run('--alter', '--broker', '1', '--add-config', 'num.partitions=3'), {
    code: 1,
    stderr: /num\.partitions/,
  })
})

t.test("a broker's settings and those of all are told apart", async t => {
  const run = await toolOn(t, both)
  t.same(await run('--alter', '--broker', '1', '--add-config', 'log.retention.ms=70000'), {
    ...nothing,
    stdout: 'Completed updating config for broker 1.\n',
  })
  t.same(await run('--alter', '--broker-defaults', '--add-config', 'log.retention.ms=80000'), {
    ...nothing,
    stdout: 'Completed updating default config for brokers in the cluster.\n',
  })
  const own = `Dynamic configs for broker 1 are:
  log.retention.ms=70000 sensitive=false synonyms={DYNAMIC_BROKER_CONFIG:log.retention.ms=70000, DYNAMIC_DEFAULT_BROKER_CONFIG:log.retention.ms=80000, DEFAULT_CONFIG:log.retention.hours=168}
`
  const ofAll = `Default configs for brokers in the cluster are:
  log.retention.ms=80000 sensitive=false synonyms={DYNAMIC_DEFAULT_BROKER_CONFIG:log.retention.ms=80000}
  min.insync.replicas=1 sensitive=false synonyms={DYNAMIC_DEFAULT_BROKER_CONFIG:min.insync.replicas=1}
`
  t.equal((await run('--describe', '--broker', '1')).stdout, own)
  t.equal((await run('--describe', '--entity-type', 'brokers', '--entity-default')).stdout, ofAll)
  t.equal((await run('--describe', '--entity-type', 'brokers')).stdout, `${own}${ofAll}`)
  t.match(
    (await run('--describe', '--broker', '1', '--all')).stdout,
    /^All configs for broker 1 are:\n[\s\S]*\n {2}node\.id=1 /,
  )
})

t.test('settings are added from a file', async t => {
  const run = await toolOn(t, both)
  await run('topics', '--create', '--topic', 'beta')
  const file = join(t.testdir(), 'settings')
  writeFileSync(file, 'retention.ms=5\nsegment.ms=60000\n')
  await run('--alter', '--topic', 'beta', '--add-config-file', file)
  t.match((await run('--describe', '--topic', 'beta')).stdout, /retention\.ms=5 .*\n {2}segment\.ms=60000 /)
})

t.test('a command line that makes no sense is told why', async t => {
  const says = async (stderr: RegExp, ...args: readonly string[]) => {
    t.match(await runHere(kafkaConfigs, args), { code: 1, stdout: '', stderr }, args.join(' '))
  }
  const server = ['--bootstrap-server', 'localhost:1']
  await says(/^Command must include exactly one action: --describe, --alter\n/, ...server)
  await says(
    /^Either --bootstrap-server or --bootstrap-controller must be specified\.\n$/,
    '--describe',
    '--topic',
    'a',
  )
  await says(/^At least one entity type must be specified\n$/, ...server, '--describe')
  await says(/^At least one of --add-config,/, ...server, '--alter', '--topic', 'a')
  await says(
    /^Invalid entity type cars, the entity type must be one of/,
    ...server,
    '--describe',
    '--entity-type',
    'cars',
  )
  await says(/^zookeeper is not a recognized option\n/, '--zookeeper', 'x:1', '--describe')
})

t.test('assignments are cut at commas outside of brackets', async t => {
  t.same(changesOf('a=1, b=[2,3],c=[iterations=8192,password=p=q],d='), [
    { name: 'a', value: '1' },
    { name: 'b', value: '2,3' },
    { name: 'c', value: 'iterations=8192,password=p=q' },
    { name: 'd', value: '' },
  ])
})

t.test('what users log in by is set, described and deleted, and no password is printed', async t => {
  const run = await toolOn(t, kafkaConfigs)
  const alice = ['--entity-type', 'users', '--entity-name', 'alice']
  const completed = { ...nothing, stdout: 'Completed updating config for user alice.\n' }
  t.same(await run('--alter', '--add-config', 'SCRAM-SHA-256=[iterations=8192,password=pw,d]', ...alice), completed)
  t.same(await run('--alter', '--add-config', 'SCRAM-SHA-512=[password=pw]', '--user', 'alice'), completed)
  const both = 'SCRAM-SHA-256=iterations=8192, SCRAM-SHA-512=iterations=4096'
  const described = { ...nothing, stdout: `SCRAM credential configs for user-principal 'alice' are ${both}\n` }
  t.same(await run('--describe', '--entity-type', 'users'), described)
  t.same(await run('--describe', ...alice), described)
  t.same(await run('--describe', '--entity-type', 'users', '--entity-name', 'nobody'), nothing)
  t.same(await run('--describe', '--entity-type', 'users', '--entity-default'), nothing)
  t.same(await run('--alter', '--delete-config', 'SCRAM-SHA-512', ...alice), completed)
  const fails = async (message: string | RegExp, ...words: string[]) => {
    const { code, stderr } = await run('--alter', ...words)
    t.equal(code, 1)
    t.match(stderr, message)
    t.notMatch(stderr, 'pw')
  }
  await fails(/Attempt to delete a user credential that does not exist/, '--delete-config', 'SCRAM-SHA-512', ...alice)
  const twice = 'SCRAM-SHA-256=[password=pw],SCRAM-SHA-512=[password=pw]'
  await fails(/A user credential cannot be altered twice in the same request/, '--add-config', twice, ...alice)
  await fails(
    'Iterations 1 is less than the minimum 4096 required for SCRAM-SHA-256\n',
    ...['--add-config', 'SCRAM-SHA-256=[iterations=1,password=pw]', ...alice],
  )
  await fails(/^Invalid credential property/, '--add-config', 'SCRAM-SHA-256=pw', ...alice)
  await fails(/Unexpected config names: SCRAM-SHA-1\n/, '--add-config', 'SCRAM-SHA-1=[password=pw]', ...alice)
  await fails(
    /^The use of --entity-default or --user-defaults is not allowed/,
    ...['--add-config', 'SCRAM-SHA-256=[password=pw]', '--entity-type', 'users', '--entity-default'],
  )
  await fails(
    /^An entity-name or default entity must be specified/,
    ...['--add-config', 'SCRAM-SHA-256=[password=pw]', '--entity-type', 'users'],
  )
})
