/** What a client may do before it has logged in, and what becomes of it: on the wire, with a clock that is turned. */
import { once } from 'node:events'
import net from 'node:net'
import t, { type Test } from 'tap'
import { createLogger } from '../../lib/base/logger.ts'
import { seededRandom } from '../../lib/base/random.ts'
import type { Client } from '../../lib/client/client.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import { Logins } from '../../lib/security/logins.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { codes } from '../../protocol/errors.ts'
import { encodeRequestFrame } from '../../protocol/frame.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { SaslAuthenticate } from '../../protocol/messages/sasl-authenticate.ts'
import { SaslHandshake } from '../../protocol/messages/sasl-handshake.ts'
import { FakeBroker, until } from './fake-broker.ts'

const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
const beat = { groupId: 'g', generationId: 0, memberId: 'm', groupInstanceId: null }
const good = { authBytes: Buffer.from('\0alice\0secret') }
const bad = { authBytes: Buffer.from('\0alice\0wrong') }

async function start(t: Test, properties: Record<string, string> = {}) {
  const clock = new ManualClock({ immediates: 'real' })
  const listener = { name: 'IN', securityProtocol: 'SASL_PLAINTEXT', host: '127.0.0.1', port: 0 }
  const lines: string[] = []
  const config = BrokerConfig.parse({
    'sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.in.plain.sasl.jaas.config':
      'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="secret" user_bob="other";',
    ...properties,
  })
  const logins = new Logins({
    config,
    random: seededRandom(1),
    credentialOf: () => undefined,
    tokenOf: () => undefined,
    clock,
    logger: createLogger('info', { write: line => lines.push(line) }),
  })
  await logins.use([listener])
  const broker = await FakeBroker.start({ listeners: [listener], logins, clock })
  t.teardown(() => broker.stop())
  return { broker, clock, lines, logins, client: await broker.connect() }
}

async function logIn(t: Test, client: Client): Promise<void> {
  t.equal((await client.send(SaslHandshake, 1, { mechanism: 'PLAIN' })).errorCode, 0)
  t.equal((await client.send(SaslAuthenticate, 2, good)).errorCode, 0)
}

t.test('a client that logs in is served, as who it said to be', async t => {
  const { broker, client, logins } = await start(t)
  await client.send(ApiVersions, 3, software)
  t.equal(broker.connections[0]?.principal, 'User:ANONYMOUS')
  await logIn(t, client)
  t.equal((await client.send(Heartbeat, 0, beat)).errorCode, 0)
  t.equal(broker.connections[0]?.principal, 'User:alice')
  t.match([...logins.counts()], [{ listener: 'IN', mechanism: 'PLAIN', succeeded: 1, failed: 0 }])
})

t.test('nothing else is served before: the connection is closed, and the handler has seen nothing', async t => {
  const { broker, client } = await start(t)
  await t.rejects(client.send(Heartbeat, 0, beat), /closed/)
  t.same(broker.beats, [])
})

t.test('a wrong password is answered after a while, and the connection is closed', async t => {
  const { broker, client, clock, lines } = await start(t, { 'connection.failed.authentication.delay.ms': '500' })
  await client.send(SaslHandshake, 1, { mechanism: 'PLAIN' })
  const answer = client.send(SaslAuthenticate, 1, bad)
  // What follows meanwhile is not looked at.
  const next = t.rejects(client.send(Heartbeat, 0, beat), /closed/)
  await until(() => lines.length === 1)
  clock.advance(499)
  const early = await Promise.race([answer, new Promise(resolve => setImmediate(() => resolve('none yet')))])
  t.equal(early, 'none yet')
  clock.advance(1)
  const { errorCode, errorMessage } = await answer
  t.equal(errorCode, codes.SASL_AUTHENTICATION_FAILED)
  t.equal(errorMessage, 'Authentication failed: Invalid username or password')
  await client.closed
  await next
  t.same(broker.beats, [])
  t.match(lines[0], /login failed .*mechanism=PLAIN .*user=alice/)
  t.notMatch(lines[0], /wrong|secret/)
})

t.test('a client that goes away before its refusal leaves nothing behind', async t => {
  const { broker, client, clock, lines } = await start(t)
  await client.send(SaslHandshake, 1, { mechanism: 'PLAIN' })
  client.send(SaslAuthenticate, 1, bad).catch(() => {})
  await until(() => lines.length === 1)
  await client.close()
  clock.advance(100)
  await until(() => broker.server.connections === 0)
  clock.advance(1_000_000)
  t.equal(clock.pendingTimers, 0)
})

t.test('a mechanism that is not enabled is refused with those that are', async t => {
  const { client, clock, lines } = await start(t)
  const answer = client.send(SaslHandshake, 1, { mechanism: 'GSSAPI' })
  await until(() => lines.length === 1)
  clock.advance(100)
  t.same(await answer, { errorCode: codes.UNSUPPORTED_SASL_MECHANISM, mechanisms: ['PLAIN'] })
  await client.closed
})

t.test('another request in the middle of a login is refused in its own form', async t => {
  const { client, clock, lines } = await start(t)
  await client.send(SaslHandshake, 1, { mechanism: 'PLAIN' })
  const answer = client.send(Heartbeat, 1, beat)
  await until(() => lines.length === 1)
  clock.advance(100)
  t.equal((await answer).errorCode, codes.ILLEGAL_SASL_STATE)
  await client.closed
})

t.test('after a handshake of version 0 messages come without a request around them, however short', async t => {
  const { broker } = await start(t, {
    'listener.name.in.plain.sasl.jaas.config': 'a.PlainLoginModule required user_a=b;',
  })
  const socket = net.connect({ host: '127.0.0.1', port: broker.bound[0]!.port })
  t.teardown(() => socket.destroy())
  const handshake = encodeRequestFrame(SaslHandshake, 0, 1, null, { mechanism: 'PLAIN' })
  const message = Buffer.from([0, 0, 0, 4, 0, 0x61, 0, 0x62])
  const heartbeat = encodeRequestFrame(Heartbeat, 0, 2, null, beat)
  socket.write(Buffer.concat([...handshake, message, ...heartbeat]))
  let answers = Buffer.alloc(0)
  while (answers.length < 31) answers = Buffer.concat([answers, (await once(socket, 'data'))[0] as Buffer])
  t.equal(answers.toString('hex', 21, 25), '00000000', 'an empty answer')
  t.equal(answers.readInt32BE(29), 2, 'the answer to the request that follows')
  t.same(broker.beats, ['m'])
})

t.test('who sends nothing for long is closed', async t => {
  const { client, clock } = await start(t)
  await client.send(ApiVersions, 3, software)
  clock.advance(59_000)
  await client.send(SaslHandshake, 1, { mechanism: 'PLAIN' })
  clock.advance(1_000)
  await client.closed
  t.pass()
})

t.test('a session ends: then only a new login is taken', async t => {
  const { client, clock } = await start(t, { 'connections.max.reauth.ms': '10000' })
  await client.send(SaslHandshake, 1, { mechanism: 'PLAIN' })
  t.equal((await client.send(SaslAuthenticate, 2, good)).sessionLifetimeMs, 10_000)
  clock.advance(9_000)
  await logIn(t, client)
  clock.advance(9_000)
  await client.send(Heartbeat, 0, beat)
  const early = await client.send(SaslHandshake, 1, { mechanism: 'PLAIN' })
  t.equal(early.errorCode, 0)
  await client.send(SaslAuthenticate, 2, good)
  t.equal((await client.send(SaslHandshake, 1, { mechanism: 'PLAIN' })).errorCode, codes.ILLEGAL_SASL_STATE)
  clock.advance(10_000)
  await t.rejects(client.send(Heartbeat, 0, beat), /closed/)
})

t.test('a login of which no session ends is not renewed, and what was not asked for changes nothing', async t => {
  const { client } = await start(t)
  await logIn(t, client)
  t.equal((await client.send(SaslHandshake, 1, { mechanism: 'PLAIN' })).errorCode, codes.ILLEGAL_SASL_STATE)
  t.equal((await client.send(Heartbeat, 0, beat)).errorCode, 0)
})

t.test('a login may not be renewed as somebody else', async t => {
  const { client, clock, lines } = await start(t, { 'connections.max.reauth.ms': '10000' })
  await logIn(t, client)
  await client.send(SaslHandshake, 1, { mechanism: 'PLAIN' })
  const answer = client.send(SaslAuthenticate, 2, { authBytes: Buffer.from('\0bob\0other') })
  await until(() => lines.length === 1)
  clock.advance(100)
  t.match((await answer).errorMessage, /^Cannot change principals .* User\.alice: User\.bob$/)
  await client.closed
})

t.test('before the login a request is small, and they are few', async t => {
  const { broker, client } = await start(t, { 'sasl.server.max.receive.size': '1000' })
  client.sendRaw(Buffer.concat([Buffer.from([0, 0, 0x10, 0]), Buffer.alloc(100)]))
  await client.closed
  const many = await broker.connect()
  const [newer] = encodeRequestFrame(ApiVersions, 3, 1, null, software)
  newer!.writeInt16BE(99, 6)
  for (let i = 0; i < 40; i++) many.sendRaw(newer!)
  let answers = 0
  while ((await many.receiveFrame()) !== null) answers++
  t.equal(answers, 32)
  await many.closed
  const big = await broker.connect()
  await logIn(t, big)
  t.equal(
    (await big.send(Heartbeat, 0, { ...beat, groupId: 'g'.repeat(5000) })).errorCode,
    0,
    'afterwards it may be large',
  )
})
