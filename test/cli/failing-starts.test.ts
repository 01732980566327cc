/** A start that fails says what is in the way and what to do about it: the command in one line, the library by its error. */
import { chmodSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { systemErrorOf } from '../../lib/base/system-error.ts'
import { Broker, type BrokerOptions } from '../../lib/broker.ts'
import { listen } from '../../lib/server/listener.ts'
import { StartError, startErrorOf } from '../../lib/start-error.ts'
import { ottla, type Result, serving } from './command.ts'

/** A start that is to fail: exit code 1, nothing on standard output, and one line that is all of what is said. */
function fails(t: Test, result: Result, expected: RegExp): void {
  t.equal(result.code, 1)
  t.equal(result.stdout, '')
  const [line, ...more] = result.stderr.trimEnd().split('\n')
  t.same(more, [], 'one line')
  t.match(line, expected)
}

async function libraryFails(t: Test, options: BrokerOptions, expected: RegExp): Promise<void> {
  await t.rejects(Broker.start({ port: 0, logLevel: 'silent', ...options }), { message: expected })
}

const quiet = ['start', '--port', '0', '--log-level', 'silent']

async function takenPort(t: Test): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as { port: number }).port
}

/** A directory in which a broker was. */
async function usedDirectory(path: string): Promise<string> {
  const broker = await Broker.start({ port: 0, data: path })
  await broker.stop()
  return path
}

t.test('the port is taken', async t => {
  const port = await takenPort(t)
  const expected =
    /port \d+ \(listener PLAINTEXT\): the port is taken by another process\. Stop that one, or choose another port \(--port, or `listeners`\); port 0 picks a free one/
  fails(t, ottla('start', '--ephemeral', '--port', String(port)), expected)
  fails(t, ottla('--ephemeral', '--port', String(port)), expected)
  await libraryFails(t, { ephemeral: true, port }, expected)
})

t.test('the port is privileged', async t => {
  const refusing = {
    listen: () => Promise.reject(systemErrorOf('EACCES', 'permission denied')),
    connect: () => Promise.reject(),
  }
  const listener = { name: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: '127.0.0.1', port: 92 }
  await t.rejects(
    listen(
      refusing as never,
      listener,
      1,
      () => {},
      () => {},
    ),
    {
      message: /port 92 .*: the system does not allow it\. Choose a port above 1023 \(--port, or `listeners`\)/,
    },
  )
})

t.test('the host is none of this machine', async t => {
  const expected =
    /203\.0\.113\.7, port 0 .*: the host is no address of this machine\. Give one of its own \(--host, or `listeners`\), or 0\.0\.0\.0/
  fails(t, ottla(...quiet, '--ephemeral', '--host', '203.0.113.7'), expected)
  await libraryFails(t, { ephemeral: true, host: '203.0.113.7' }, expected)
})

t.test('the directory may not be written', async t => {
  const expected =
    /this user may not write the data directory .*closed.*: give it to this user \(chown\), choose another directory \(--data, or `log\.dirs`\), or keep all in memory \(--ephemeral\)/
  const closed = join(t.testdir({ closed: {} }), 'closed')
  chmodSync(closed, 0o555)
  // The superuser may write everywhere but where the kernel itself says no; in a container that is read-only.
  const isSuper = process.getuid?.() === 0
  const result = ottla(...quiet, '--data', isSuper ? '/sys/closed' : closed)
  fails(t, result, isSuper ? /the data directory \/sys\/closed.* choose another directory/ : expected)
  const system = Object.assign(systemErrorOf('EACCES', 'permission denied'), { path: `${closed}/.lock` })
  const told = startErrorOf(system, [closed])
  t.type(told, StartError)
  t.match(told, { message: expected, cause: system })
})

t.test('the directory is a file, or in one, or where none can be made', async t => {
  const file = join(t.testdir({ file: 'text' }), 'file')
  const expected =
    /the data directory .*file.* is, or is in, a file that is no directory: choose another directory \(--data, or `log\.dirs`\)/
  for (const data of [file, join(file, 'below')]) {
    fails(t, ottla(...quiet, '--data', data), expected)
    await libraryFails(t, { data }, expected)
  }
  await libraryFails(t, { data: '/proc/none' }, /the data directory \/proc\/none cannot be made there: choose another/)
})

t.test('the disk is full, read-only or broken', async t => {
  for (const [code, expected] of [
    ['ENOSPC', /no space is left on the disk of the data directory \/data: free some, or choose another directory/],
    ['EDQUOT', /the quota of this user is used up .*\/data: free some/],
    ['EROFS', /\/data is on a file system that is read-only: mount it writable, or choose another/],
    ['EIO', /the disk of the data directory \/data fails: look into the system's log/],
  ] as const) {
    const error = Object.assign(systemErrorOf(code, 'write'), { path: '/data/orders-0' })
    t.match(startErrorOf(error, ['/data']), { message: expected, cause: error }, code)
  }
  t.match(
    startErrorOf(systemErrorOf('ENOSPC', 'write'), ['/data']),
    { message: /no space .* \/data/ },
    'a write names no path',
  )
  const others = Object.assign(systemErrorOf('ENOSPC', 'write'), { path: '/elsewhere' })
  t.equal(startErrorOf(others, ['/data']), others)
  t.equal(startErrorOf('text', ['/data']), 'text')
})

t.test('another broker has the directory', async t => {
  const data = join(t.testdir(), 'data')
  const broker = await serving(t, '--data', data)
  const expected =
    /the data directory .*data is in use: process \d+ has it; stop the other broker or choose another directory/
  fails(t, ottla(...quiet, '--data', data), expected)
  await libraryFails(t, { data }, expected)
  t.equal(await broker.end('SIGTERM'), 0)
})

t.test('the directory is of another cluster, of another node, or damaged', async t => {
  const directory = t.testdir()
  const [a, b] = [await usedDirectory(join(directory, 'a')), await usedDirectory(join(directory, 'b'))]
  const otherCluster = /b\/meta\.properties says cluster\.id .*, the broker belongs to .*; choose another directory/
  fails(t, ottla(...quiet, '--set', `log.dirs=${a},${b}`), otherCluster)
  await libraryFails(t, { properties: { 'log.dirs': `${a},${b}` } }, otherCluster)
  const otherNode = /a\/meta\.properties says node\.id 1, the broker is 5; set node\.id or choose another directory/
  fails(t, ottla(...quiet, '--data', a, '--set', 'node.id=5'), otherNode)
  await libraryFails(t, { data: a, properties: { 'node.id': '5' } }, otherNode)
  writeFileSync(join(a, 'meta.properties'), 'garbage\n')
  fails(
    t,
    ottla(...quiet, '--data', a),
    /a\/meta\.properties has no cluster\.id; restore it or choose another directory/,
  )
})

t.test('a property cannot be what it was set to', async t => {
  const expected = /num\.partitions cannot be 'many': it takes a whole number from 1 to \d+/
  fails(t, ottla(...quiet, '--ephemeral', '--set', 'num.partitions=many'), expected)
  await libraryFails(t, { ephemeral: true, properties: { 'num.partitions': 'many' } }, expected)
})

t.test('a listener cannot be as it is', async t => {
  for (const [listeners, expected] of [
    [
      'PLAINTEXT://127.0.0.1',
      /listeners cannot be .*: it takes NAME:\/\/host:port .*, such as PLAINTEXT:\/\/localhost:9092/,
    ],
    ['FOO://127.0.0.1:0', /listener\.security\.protocol\.map does not say what FOO speaks: add FOO:PLAINTEXT/],
  ] as const) {
    fails(t, ottla('start', '--log-level', 'silent', '--ephemeral', '--set', `listeners=${listeners}`), expected)
    await t.rejects(Broker.start({ ephemeral: true, properties: { listeners } }), { message: expected })
  }
  const advertised = 'advertised.listeners=PLAINTEXT://0.0.0.0:9092'
  fails(
    t,
    ottla(...quiet, '--ephemeral', '--set', advertised),
    /cannot tell clients 0\.0\.0\.0: name an address that they can reach/,
  )
})

t.test('the file of a certificate is not there, is none, or is not named', async t => {
  const file = join(t.testdir({ 'key.pem': 'text' }), 'key.pem')
  const ssl = (...set: readonly string[]) =>
    ottla('start', '--log-level', 'silent', '--ephemeral', '--set', 'listeners=SSL://127.0.0.1:0', ...set)
  const missing = /listener SSL: ssl\.keystore\.location is \/no\/key\.p12, and there is no such file/
  fails(t, ssl('ssl.keystore.location=/no/key.p12'), missing)
  const properties = { listeners: 'SSL://127.0.0.1:0', 'ssl.keystore.location': '/no/key.p12' }
  await t.rejects(Broker.start({ ephemeral: true, logLevel: 'silent', properties }), { message: missing })
  fails(
    t,
    ssl(`ssl.keystore.location=${file}`),
    /ssl\.keystore\.location is .*key\.pem, which is neither PEM, nor PKCS12, nor JKS/,
  )
  fails(
    t,
    ssl(),
    /ssl\.keystore\.location is not set, and TLS needs a key and a certificate; --dev-tls makes some to try it out/,
  )
})

t.test('a file of properties or of records is not there', async t => {
  fails(
    t,
    ottla('start', 'missing.properties'),
    /there is no properties file missing\.properties; leave it out for the defaults/,
  )
  fails(
    t,
    ottla(...quiet, '--ephemeral', '--load', 'missing.jsonl'),
    /there is no file missing\.jsonl to load records from; give another path/,
  )
})

t.test('a file that says that clients can connect has no place', async t => {
  const expected = /--ready-file .*none.* is in no directory; make .*none before, or choose another/
  fails(t, ottla(...quiet, '--ephemeral', '--ready-file', join(t.testdir(), 'none', 'ready.json')), expected)
})
