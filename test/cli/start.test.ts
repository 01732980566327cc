/** The command as a person runs it: the built one, in processes of its own. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Client } from '../../lib/client/client.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { trusting } from '../tls/secured-broker.ts'
import { command, ottla, type Running, root, serving, started } from './command.ts'

async function topicCount({ host, port }: Running): Promise<number> {
  const client = await Client.connect({ host, port })
  const { topics } = await client.send(Metadata, 1, { topics: null } as never)
  await client.close()
  return topics.length
}

t.test('one line on standard output says when clients can connect, and where', async t => {
  const broker = await serving(t, '--ephemeral')
  t.match(broker.line, /data in memory/)
  t.equal(await topicCount(broker), 0, 'and then they can')
  t.equal(await broker.end('SIGTERM'), 0, 'SIGTERM ends it cleanly')
})

t.test('npm start passes signals on, and waits for the end', async t => {
  const broker = await started(t, 'npm', ['start', '--silent', '--', '--dev', '--ephemeral', '--port', '0'])
  t.equal(await broker.end('SIGTERM'), 0)
  await t.rejects(Client.connect(broker), 'nobody is left who listens')
})

t.test('SIGINT ends it cleanly too, also while clients are connected', async t => {
  const broker = await serving(t, '--ephemeral')
  const client = await Client.connect(broker)
  t.equal(await broker.end('SIGINT'), 0)
  await client.closed
})

t.test('a data directory belongs to one broker at a time', async t => {
  const data = join(t.testdir(), 'data')
  const broker = await serving(t, '--data', data)
  t.match(broker.line, data)
  const second = ottla('start', '--port', '0', '--data', data)
  t.equal(second.code, 1)
  t.match(second.stderr, data, 'the second is told which directory')
  t.equal(await broker.end('SIGTERM'), 0)
  const third = await serving(t, '--data', data)
  t.equal(await third.end('SIGTERM'), 0, 'it is free again afterwards')
})

t.test('a taken port is told with what to do', async t => {
  const broker = await serving(t, '--ephemeral')
  const { code, stderr } = ottla('start', '--ephemeral', '--port', String(broker.port))
  t.equal(code, 1)
  t.match(stderr, `${broker.port}`)
  t.match(stderr, 'choose another port')
})

t.test('a properties file is read, and --set wins over it', async t => {
  const file = join(t.testdir(), 'server.properties')
  writeFileSync(file, '# Kafka’s own syntax\nnode.id=7\nnum.partitions : 3\nno.such.property=1\n')
  const broker = await serving(t, file, '--ephemeral', '--set', 'node.id=7', 'node.id=8', '--log-level', 'silent')
  t.match(broker.line, /node 8,/)
  t.equal(await broker.end('SIGTERM'), 0)
})

t.test('what cannot be carried out says what to do next, with exit code 1', async t => {
  const file = join(t.testdir(), 'bad.properties')
  writeFileSync(file, 'num.partitions=many\n')
  for (const [args, expected] of [
    [['start', '--prot', '9092'], /--help/],
    [['start', '--port', '99999'], /0 to 65535/],
    [['start', '--port', ''], /--port/],
    [['start', '--ephemeral', '--data', 'x'], /--ephemeral/],
    [['start', '--set', 'no-value'], /name=value/],
    [['start', '--log-level', 'loud'], /trace, debug/],
    [['start', 'a.properties', 'b.properties'], /one properties file/],
    [['start', 'missing.properties'], /missing\.properties/],
    [['start', file], /num\.partitions/],
    [['start', '--ephemeral', '--port', '0', '--set', 'log.retention.ms=soon'], /log\.retention\.ms/],
    [['serve'], /--help/],
    [['protocol', 'guess'], /decode/],
  ] as const) {
    const { code, stdout, stderr } = ottla(...args)
    t.equal(code, 1, args.join(' '))
    t.match(stderr, expected, args.join(' '))
    t.equal(stdout, '', 'standard output is kept for results')
    t.notMatch(stderr, /\n\s+at /, 'no stack for what is not our fault')
  }
})

t.test('help and version', async t => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  t.equal(ottla('--version').stdout, `${version}\n`)
  t.match(ottla('--help').stdout, 'ottla start')
  const help = ottla('start', '--help')
  t.equal(help.code, 0)
  for (const option of [
    '--port',
    '--host',
    '--data',
    '--ephemeral',
    '--dev',
    '--set',
    '--topic',
    '--load',
    '--ready-file',
    '--http',
    '--log-level',
  ]) {
    t.match(help.stdout, option)
  }
})

t.test('without a command it starts a broker to try, and says how to go on', async t => {
  const directory = t.testdir()
  const broker = await started(t, process.execPath, [command, '--port', '0', '--topic', 'orders:3'], directory)
  t.match(broker.line, `data in ${join(directory, 'ottla-data')}`)
  const { host, port } = broker
  const client = await Client.connect({ host, port })
  const { topics } = await client.send(Metadata, 1, { topics: [{ name: 'orders' }, { name: 'on-first-use' }] } as never)
  t.same(
    topics.map(({ name, partitions }) => [name, partitions.length]),
    [
      ['orders', 3],
      ['on-first-use', 1],
    ],
  )
  await client.close()
  t.equal(await broker.end('SIGINT'), 0)
  for (const what of [`connect   127.0.0.1:${port}`, 'topics', directory, 'Ctrl-C']) t.match(broker.output(), what)
})

t.test('a file says that clients can connect, from then until the broker stops', async t => {
  const directory = t.testdir()
  const file = join(directory, 'ready.json')
  writeFileSync(file, '{"pid": 1}')
  const broker = await serving(t, '--data', join(directory, 'data'), '--ready-file', file, '--http', '0')
  const ready = JSON.parse(readFileSync(file, 'utf8'))
  t.match(ready, {
    bootstrap: `${broker.host}:${broker.port}`,
    pid: broker.process.pid,
    nodeId: 1,
    clusterId: /^[\w-]{22}$/,
    http: /^127\.0\.0\.1:\d+$/,
    dataDirectory: join(directory, 'data'),
  })
  t.equal((await fetch(`http://${ready.http}/ready`)).status, 200)
  t.equal(await broker.end('SIGTERM'), 0)
  t.notOk(existsSync(file))
})

t.test('a file of a broker that was killed is not taken for the next one’s', async t => {
  const directory = t.testdir()
  const file = join(directory, 'ready.json')
  writeFileSync(file, '{"pid": 1}')
  const { code } = ottla('start', '--ephemeral', '--port', '0', '--ready-file', file, '--topic', 'a:x')
  t.equal(code, 1)
  const failed = ottla('start', '--ephemeral', '--port', '0', '--ready-file', file, '--load', join(directory, 'none'))
  t.equal(failed.code, 1)
  t.notOk(existsSync(file))
})

t.test('topics and records are there from the start', async t => {
  const file = join(t.testdir(), 'records.jsonl')
  writeFileSync(file, '{"topic":"loaded","value":"a"}\n')
  const args = ['--topic', 'orders:3:cleanup.policy=compact', '--topic', 'notes', '--load', file]
  const broker = await serving(t, '--ephemeral', ...args)
  t.equal(await topicCount(broker), 3)
  t.equal(await broker.end('SIGTERM'), 0)
})

t.test('--dev-tls prints how clients come to trust the broker, by a file that is there', async t => {
  const broker = await serving(t, '--ephemeral', '--dev-tls')
  const [, path] = await broker.printed(/ssl\.truststore\.location=(\S+)\s/)
  const tls = trusting(null, { authorities: [readFileSync(path!, 'utf8')] })
  const client = await Client.connect({ host: 'localhost', port: broker.port, tls })
  await client.close()
  t.equal(await broker.end('SIGTERM'), 0)
  t.notOk(existsSync(path!), 'and gone at the end')
  t.match(ottla('exec', '--dev-tls', '--', 'true').stderr, /--dev-tls is for ottla start/)
})

t.test('several brokers of one process are one cluster, and end together', async t => {
  const brokers = await serving(t, '--ephemeral', '--brokers', '3', '--http', '0')
  t.match(brokers.line, /^ottla ready: [\d.]+:\d+,[\d.]+:\d+,[\d.]+:\d+, nodes 1,2,3, data in memory/)
  const client = await Client.connect(brokers)
  const { brokers: told } = await client.send(Metadata, 1, { topics: null } as never)
  await client.close()
  t.same(
    told.map(({ nodeId }) => nodeId),
    [1, 2, 3],
  )
  const links = () => [...brokers.output().matchAll(/^ottla http: (\S+)\?token=(\S+)\n/gm)]
  await brokers.printed(/(?:^ottla http: \S+\n[\s\S]*){3}/m)
  t.equal(new Set(links().map(([, address]) => address)).size, 3, 'each has a console of its own')
  t.equal(new Set(links().map(([, , token]) => token)).size, 1, 'and one token is good for all of them')
  t.equal((await fetch(`${links()[2]![1]}metrics`)).status, 200)
  t.equal(await brokers.end('SIGTERM'), 0)
  t.match(ottla('start', '--brokers', 'many'), { code: 1, stderr: /--brokers 3/ })
  t.match(ottla('start', '--brokers', '2', '--dev-tls'), { code: 1, stderr: /for a broker alone/ })
  t.match(ottla('exec', '--brokers', '2', '--', 'true'), { code: 1, stderr: /for ottla start/ })
})
