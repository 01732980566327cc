/** What the container image's scripts call, in processes of their own. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Client } from '../../lib/client/client.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { build, command, environment, run, running } from './ottla.ts'

build()

const lastLine = 'Checking need to trigger auto leader balancing'

/** Variables of a broker with a data directory of its own, and a free port. */
function variablesOf(t: Test, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { KAFKA_LISTENERS: 'PLAINTEXT://127.0.0.1:0', KAFKA_LOG_DIRS: join(t.testdir(), 'data'), ...more }
}

async function metadata(line: string) {
  const [, host, port] = /ottla ready: (\S+):(\d+),/.exec(line)!
  const client = await Client.connect({ host, port: Number(port) })
  const answer = await client.send(Metadata, 4, { topics: null, allowAutoTopicCreation: false } as never)
  await client.close()
  return answer
}

async function taken(t: Test): Promise<number> {
  const server: Server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as { port: number }).port
}

t.test('configure writes the properties, and says what it does not know', async t => {
  const out = join(t.testdir(), 'new', 'server.properties')
  const variables = { KAFKA_NUM_PARTITIONS: '3', KAFKA_LISTNERS: 'x', KAFKA_HEAP_OPTS: '-Xmx1G' }
  const { code, stdout, stderr } = run(['container', 'configure', '--dialect', 'apache', '--out', out], variables)
  t.equal(code, 0)
  t.equal(stdout, '')
  t.match(stderr, /^ottla: KAFKA_LISTNERS is ignored: .*did you mean KAFKA_LISTENERS\?\n$/, 'and nothing else')
  t.match(readFileSync(out, 'utf8'), /\nnum\.partitions=3\n/)
})

t.test('configure says more where it is asked for more', async t => {
  const args = ['container', 'configure', '--out', '-']
  const { stdout, stderr } = run([...args, '--debug'], { KAFKA_HEAP_OPTS: '-Xmx1G' })
  t.match(stderr, 'KAFKA_HEAP_OPTS is for a JVM')
  t.match(stdout, /^log\.dirs=/m)
  t.match(run(args, { KAFKA_HEAP_OPTS: '-Xmx1G', BITNAMI_DEBUG: 'true' }).stderr, 'KAFKA_HEAP_OPTS is for a JVM')
})

t.test('variables with hyphens come through a shell that drops them', async t => {
  const { stdout } = spawnSync('sh', ['-c', `"$0" "$1" container configure --out -; true`, process.execPath, command], {
    encoding: 'utf8',
    env: environment({ 'KAFKA_LISTENER_NAME_TC-0_MAX_CONNECTIONS': '7' }),
  })
  t.match(stdout, /^listener\.name\.tc-0\.max\.connections=7$/m)
})

t.test('a bad variable ends configure, is named, and nothing is written', async t => {
  const out = join(t.testdir(), 'server.properties')
  const { code, stderr } = run(['container', 'configure', '--out', out], { KAFKA_NUM_PARTITIONS: 'many' })
  t.equal(code, 1)
  t.match(stderr, "ottla: KAFKA_NUM_PARTITIONS: num.partitions cannot be 'many': it takes a whole number from 1")
  t.throws(() => readFileSync(out), { code: 'ENOENT' })
})

t.test('with --check nothing is written', async t => {
  const out = join(t.testdir(), 'server.properties')
  t.equal(run(['container', 'configure', '--check', '--out', out]).code, 0)
  t.throws(() => readFileSync(out), { code: 'ENOENT' })
})

t.test("the container's broker says in Kafka's words that clients can connect, at every log level", async t => {
  const variables = variablesOf(t, {
    KAFKA_NODE_ID: '4',
    CLUSTER_ID: 'kafka-cluster-01',
    KAFKA_CREATE_TOPICS: 'orders:3:1',
  })
  const file = join(t.testdir(), 'kafka.properties')
  const args = ['container', 'start', '--config', file, '--log-level', 'silent']
  const broker = await running(t, args, variables, lastLine)
  for (const words of [
    'Transitioning from RECOVERY to RUNNING',
    '[KafkaRaftServer nodeId=4] Kafka Server started',
    '[KafkaServer id=4] started',
    lastLine,
  ]) {
    t.ok(broker.output.includes(words), words)
  }
  const { clusterId, topics } = await metadata(broker.output)
  t.equal(clusterId, 'kafka-cluster-01')
  t.match(
    topics.map(({ name, partitions }) => [name, partitions.length]),
    [['orders', 3]],
  )
  t.equal(await broker.end(), 0)
  t.match(readFileSync(file, 'utf8'), /^node\.id=4$/m, 'and the file is there')
  writeFileSync(file, `listeners=PLAINTEXT://127.0.0.1:0\nlog.dirs=${variables.KAFKA_LOG_DIRS}\nnode.id=4\n`)
  const again = await running(t, args, { CLUSTER_ID: 'another' }, lastLine)
  t.equal((await metadata(again.output)).clusterId, 'kafka-cluster-01', 'the id of the data counts')
  t.equal(await again.end(), 0)
})

t.test('a container for tests is in memory, and is told where its port was published', async t => {
  const variables = {
    ...{ KAFKA_LISTENERS: 'PLAINTEXT://127.0.0.1:0', OTTLA_TESTING: '1' },
    ...{ OTTLA_HTTP: '127.0.0.1:0', OTTLA_TESTING_TOKEN: 'secret' },
  }
  const args = ['container', 'start', '--dev', '--config', join(t.testdir(), 'p'), '--log-level', 'silent']
  // The second time the file is there.
  for (const time of ['first', 'second']) {
    const broker = await running(t, args, variables, lastLine)
    const [, url] = /ottla testing: (\S+)\/testing\//.exec(broker.output)!
    t.equal((await fetch(`${url}/ready`)).status, 200, time)
    const headers = { 'content-type': 'application/json', authorization: 'Bearer secret' }
    const say = async (word: string, body: object = {}) =>
      (await fetch(`${url}/testing/${word}`, { method: 'POST', headers, body: JSON.stringify(body) })).status
    t.equal((await fetch(`${url}/testing/reset`, { method: 'POST' })).status, 401)
    t.equal(await say('advertise', { listeners: 'PLAINTEXT://localhost:32768' }), 200)
    const told = async () => (await metadata(broker.output)).brokers.map(({ host, port }) => `${host}:${port}`)
    t.same(await told(), ['localhost:32768'])
    t.equal(await say('reset'), 200)
    t.same(await told(), ['localhost:32768'], 'also after a reset')
    t.equal(await broker.end(), 0)
  }
})

t.test('a container for tests keeps its data where a variable says so', async t => {
  const kept = variablesOf(t)
  const variables = { ...kept, OTTLA_TESTING: '1', OTTLA_HTTP: '127.0.0.1:0' }
  const args = ['container', 'start', '--config', join(t.testdir(), 'p'), '--log-level', 'silent']
  const broker = await running(t, args, variables, lastLine)
  t.ok(broker.output.includes(`data in ${kept.KAFKA_LOG_DIRS}`), broker.output)
  t.equal(await broker.end(), 0)
})

t.test('a taken port is told with the variable that names it', async t => {
  const port = await taken(t)
  const listeners = variablesOf(t, { KAFKA_LISTENERS: `PLAINTEXT://127.0.0.1:${port}` })
  const args = ['container', 'start', '--config', join(t.testdir(), 'p'), '--log-level', 'error']
  const { code, stderr } = run(args, listeners)
  t.equal(code, 1)
  t.match(stderr, new RegExp(`port ${port} .*taken by another process.*choose another port by KAFKA_LISTENERS`))
})

t.test('a data directory that cannot be written is told with the variable that names it', async t => {
  const dir = t.testdir({ file: 'no directory' })
  const place = join(dir, 'file', 'data')
  const variables = { KAFKA_LISTENERS: 'PLAINTEXT://127.0.0.1:0', KAFKA_LOG_DIRS: place }
  for (const args of [
    ['container', 'start', '--config', join(dir, 'p'), '--log-level', 'silent'],
    ['container', 'check-dirs'],
  ]) {
    const { code, stderr } = run(args, variables)
    t.equal(code, 1)
    t.match(stderr, new RegExp(`^ottla: ${place}.* is not in a directory; name another by KAFKA_LOG_DIRS\n$`))
  }
})

t.test('check-dirs makes the directories of a container that can be written', async t => {
  const { code, stderr } = run(['container', 'check-dirs'], variablesOf(t, { KAFKA_FOO: '1' }))
  t.equal(code, 0)
  t.equal(stderr, '', 'configure has said the rest')
})

t.test('a listener without users is told by its variable', async t => {
  const variables = variablesOf(t, {
    KAFKA_LISTENERS: 'SASL_PLAINTEXT://127.0.0.1:0',
    KAFKA_SASL_ENABLED_MECHANISMS: 'PLAIN',
  })
  const { code, stderr } = run(['container', 'start', '--config', join(t.testdir(), 'p')], variables)
  t.equal(code, 1)
  t.match(stderr, 'KAFKA_LISTENER_NAME_SASL__PLAINTEXT_PLAIN_SASL_JAAS_CONFIG: the listener SASL_PLAINTEXT has PLAIN')
})

t.test('a variable that is missing is named, too', async t => {
  const variables = variablesOf(t, { KAFKA_LISTENERS: 'TC-0://127.0.0.1:0' })
  const { code, stderr } = run(['container', 'start', '--config', join(t.testdir(), 'p')], variables)
  t.equal(code, 1)
  t.match(
    stderr,
    'KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: listener.security.protocol.map does not say what TC-0 speaks: add',
  )
})

t.test('kafka-server-start serves from a file, with what is said beside it', async t => {
  const dir = t.testdir()
  const file = join(dir, 'server.properties')
  writeFileSync(file, `listeners=PLAINTEXT://127.0.0.1:0\nlog.dirs=${join(dir, 'data')}\nnode.id=2\n`)
  const args = ['kafka-server-start', file, '--override', 'node.id=5']
  const broker = await running(t, args, { KAFKA_LOG4J_ROOT_LOGLEVEL: 'OFF' }, lastLine)
  t.match(broker.output, '[KafkaServer id=5] started')
  t.equal(await broker.end(), 0)
})

t.test('kafka-server-start takes its logins from the login file that KAFKA_OPTS names', async t => {
  const dir = t.testdir()
  const [file, logins] = [join(dir, 'server.properties'), join(dir, 'jaas.conf')]
  const listener = 'listeners=SASL_PLAINTEXT://127.0.0.1:0\ninter.broker.listener.name=SASL_PLAINTEXT\n'
  writeFileSync(file, `${listener}sasl.enabled.mechanisms=PLAIN\nlog.dirs=${join(dir, 'data')}\n`)
  const variables = { KAFKA_OPTS: `-Dx=y -Djava.security.auth.login.config=${logins}` }
  t.match(
    run(['kafka-server-start', file], variables).stderr,
    `KAFKA_OPTS names the login file ${logins}, which is not`,
  )
  const module = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="secret";'
  writeFileSync(logins, `KafkaServer { ${module} };\n`)
  const broker = await running(t, ['kafka-server-start', file], variables, lastLine)
  t.equal(await broker.end(), 0)
})

t.test('kafka-server-start names the variable that a bad value came from', async t => {
  const file = join(t.testdir(), 'server.properties')
  writeFileSync(file, 'num.partitions=many\nlog.retention.ms=x\n')
  const { code, stderr } = run(['kafka-server-start', file], { KAFKA_NUM_PARTITIONS: 'many' })
  t.equal(code, 1)
  t.match(stderr, 'KAFKA_NUM_PARTITIONS: num.partitions cannot be')
  t.match(stderr, `${file}: log.retention.ms cannot be`)
  t.match(run(['kafka-server-start', '-daemon', file]).stderr, '-daemon is not served')
  t.match(run(['kafka-server-start', file, '--override', 'x']).stderr, 'write --override name=value')
})

t.test('kafka-server-start names the file where a setting is missing', async t => {
  const file = join(t.testdir(), 'server.properties')
  const listener = 'listeners=SASL_PLAINTEXT://127.0.0.1:0\ninter.broker.listener.name=SASL_PLAINTEXT\n'
  writeFileSync(file, `${listener}sasl.enabled.mechanisms=PLAIN\n`)
  t.match(run(['kafka-server-start', file]).stderr, `ottla: ${file}: the listener SASL_PLAINTEXT has PLAIN`)
})

t.test("kafka-storage marks directories as a cluster's, once", async t => {
  const dir = t.testdir()
  const [one, two] = [join(dir, 'one'), join(dir, 'two')]
  const file = join(dir, 'server.properties')
  writeFileSync(file, `log.dirs=${one},${two}\nnode.id=3\n`)
  const format = (...args: readonly string[]) => run(['kafka-storage', 'format', '-c', file, ...args])
  mkdirSync(one)
  t.match(format(), { code: 1, stderr: 'argument --cluster-id/-t is required' })
  t.match(format('-t', 'mine', '--standalone', '--add-scram', 'SCRAM-SHA-256=[name=a,password=b]'), {
    code: 0,
    stdout: `Formatting data directory ${one}`,
    stderr: /^$/,
  })
  t.match(readFileSync(join(two, 'meta.properties'), 'utf8'), /version=1\ncluster\.id=mine\nnode\.id=3\ndirectory\.id=/)
  t.match(format('--cluster-id=mine'), { code: 1, stderr: `${one} is already formatted. Use --ignore-formatted` })
  t.match(format('--cluster-id=mine', '--ignore-formatted'), {
    code: 0,
    stdout: 'All of the log directories are already formatted.',
  })
  t.match(format('-t', 'other', '-g'), { code: 1, stderr: 'Expected other, but read mine' })
  t.match(run(['kafka-storage', 'info', '-c', file]), { code: 0, stdout: 'cluster.id=mine' })
  const other = join(dir, 'other.properties')
  writeFileSync(other, `log.dirs=${join(dir, 'three')}\nnode.id=3\n`)
  const withLevel = (level: string) => run(['kafka-storage', 'format', '-c', other, '-t', 'mine', '--feature', level])
  t.match(withLevel('eligible.leader.replicas.version=2'), { code: 1, stderr: 'No feature:eligible' })
  t.match(withLevel('eligible.leader.replicas.version'), { code: 1, stderr: "Can't parse feature=level" })
  t.match(withLevel('eligible.leader.replicas.version=0'), { code: 0 })
  t.match(run(['metadata', 'dump', '--data', join(dir, 'three')]), {
    code: 0,
    stdout: '"eligible.leader.replicas.version":0',
  })
  t.match(run(['kafka-storage', 'random-uuid']).stdout, /^[\w-]{22}\n$/)
  t.match(run(['kafka-storage', 'shout']), { code: 1, stderr: 'kafka-storage --help says more' })
})

t.test("ZooKeeper's port is there, and cub finds it", async t => {
  const file = join(t.testdir(), 'zookeeper.properties')
  writeFileSync(file, 'clientPort=0\ndataDir=/var/lib/zookeeper/data\n')
  const server = await running(t, ['zookeeper-server-start', file], {}, 'Creating new log file')
  const port = /port 0\.0\.0\.0:(\d+)/.exec(server.output)![1]
  t.equal(run(['cub', 'zk-ready', `localhost:${port}`, '10']).code, 0)
  t.equal(await server.end(), 0)
  t.match(run(['cub', 'zk-ready', `localhost:${port}`, '0.2']), {
    code: 1,
    stderr: 'could not be connected to within 0.2 s',
  })
})

t.test('cub waits for brokers', async t => {
  const args = ['container', 'start', '--config', join(t.testdir(), 'p'), '--ephemeral', '--log-level', 'error']
  const broker = await running(t, args, variablesOf(t), lastLine)
  const [, address] = /ottla ready: (\S+),/.exec(broker.output)!
  t.equal(run(['cub', 'kafka-ready', '1', '10', '-b', address]).code, 0)
  t.match(run(['cub', 'kafka-ready', '-b', address, '2', '0.3']), {
    code: 1,
    stderr: 'Expected 2 brokers but found only 1',
  })
  t.equal(await broker.end(), 0)
})

t.test('each command has a help', async t => {
  for (const name of ['container', 'kafka-server-start', 'kafka-storage', 'zookeeper-server-start', 'cub']) {
    const { code, stdout } = run([name, '--help'])
    t.equal(code, 0, name)
    t.match(stdout, `ottla ${name}`)
  }
})
