/** Listeners that speak TLS: who gets in, who does not and why, and what is told of that. */
import { once } from 'node:events'
import net from 'node:net'
import t from 'tap'
import { systemClock } from '../../lib/base/clock.ts'
import { Secret } from '../../lib/base/secret.ts'
import { Broker } from '../../lib/broker.ts'
import { Client } from '../../lib/client/client.ts'
import type { ClientLogin } from '../../lib/client/login.ts'
import { Authority } from '../../lib/tls/authority.ts'
import { ask, authority, local, SecuredBroker, sslProperties, trusting } from './secured-broker.ts'

const alice = authority.issue({ name: 'alice' })

t.test('a client that trusts the authority is served, at both versions of TLS', async t => {
  const broker = await SecuredBroker.start(t)
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    await ask(await broker.connect(trusting(null, { versionMin: version, versionMax: version })))
  }
  t.match(broker.askedBy, [{ securityProtocol: 'SSL', listener: 'SSL', principal: 'User:ANONYMOUS' }, {}])
})

t.test('a client that does not trust the authority, or asks for another host, ends with a sentence', async t => {
  const broker = await SecuredBroker.start(t)
  const other = new Authority(systemClock.now())
  await t.rejects(
    broker.connect(trusting(null, { authorities: [other.certificate] })),
    /is not trusted: add the authority/,
  )
  const elsewhere = await SecuredBroker.start(t, sslProperties(authority.issue({ name: 'x', hosts: ['elsewhere'] })))
  await t.rejects(elsewhere.connect(), /does not name the host/)
  await ask(await elsewhere.connect({ ...trusting(), checksHost: false }))
})

t.test('ssl.client.auth=required lets in who shows a trusted certificate, by its name', async t => {
  const broker = await SecuredBroker.start(t, { 'ssl.client.auth': 'required' })
  t.equal(await broker.principalOf(trusting(alice)), 'User:CN=alice')
  const stranger = new Authority(systemClock.now()).issue({ name: 'alice' })
  // With TLS 1.3 a client hears of the refusal only after its handshake.
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const tls = (own: typeof alice | null) => trusting(own, { versionMin: version, versionMax: version })
    await t.rejects(broker.principalOf(tls(null)), /require.* a certificate.*ssl.keystore.location/)
    const distrusts = /the other end does not trust this certificate/
    await t.rejects(broker.principalOf(tls(stranger)), distrusts)
    await t.rejects(broker.principalOf(tls(authority.issue({ name: 'alice', days: -1 }))), distrusts)
  }
  const lines = await broker.failures(6)
  t.match(lines[0], /has shown no certificate, and ssl.client.auth=required asks for one/)
  t.match(lines[1], /certificate of the other end is not trusted/)
  t.match(lines[2], /no longer valid/)
  t.equal(broker.askedBy.length, 1)
})

t.test('ssl.client.auth=requested lets in who shows none, and not who shows one that is not trusted', async t => {
  const broker = await SecuredBroker.start(t, { 'ssl.client.auth': 'requested' })
  t.equal(await broker.principalOf(trusting()), 'User:ANONYMOUS')
  t.equal(await broker.principalOf(trusting(alice)), 'User:CN=alice')
  await t.rejects(broker.principalOf(trusting(new Authority(systemClock.now()).issue({ name: 'alice' }))))
})

t.test('rules make the name of a user of that of a certificate, and whom none fits is refused', async t => {
  const broker = await SecuredBroker.start(t, {
    'ssl.client.auth': 'required',
    'ssl.principal.mapping.rules': 'RULE:^CN=(a.*)$/$1/U',
  })
  t.equal(await broker.principalOf(trusting(alice)), 'User:ALICE')
  await t.rejects(broker.principalOf(trusting(authority.issue({ name: 'bob' }))))
  t.match(await broker.failures(1), [/no rule fits the name in its certificate.*ssl.principal.mapping.rules/])
})

t.test('a client without TLS on a port with it, and the other way round, is told in one line', async t => {
  const broker = await SecuredBroker.start(t)
  const plain = await Client.connect({ host: 'localhost', port: broker.port })
  await t.rejects(ask(plain))
  const http = net.connect(broker.port, '127.0.0.1')
  http.end('GET / HTTP/1.1\r\n\r\n')
  http.resume()
  await once(http, 'close')
  const lines = await broker.failures(2)
  t.match(lines[0], /one end speaks PLAINTEXT; set security.protocol=SSL/)
  t.match(lines[1], /an HTTP request came/)
  const unsecured = await SecuredBroker.start(t, { listeners: 'PLAINTEXT://127.0.0.1:0' })
  await t.rejects(unsecured.connect(), /not TLS|closed the connection/)
  t.match(unsecured.log.join(''), /this is how TLS begins, and this listener speaks none/)
})

t.test('versions and cipher suites are those that are set, by Java names', async t => {
  const broker = await SecuredBroker.start(t, {
    'ssl.enabled.protocols': 'TLSv1.2',
    'ssl.cipher.suites': 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  })
  await ask(await broker.connect())
  await t.rejects(broker.connect(trusting(null, { versionMin: 'TLSv1.3' })), /share no version of TLS/)
  await t.rejects(broker.connect(trusting(null, { ciphers: ['ECDHE-ECDSA-AES128-GCM-SHA256'] })))
  t.match(await broker.failures(2), [/share no version of TLS/, /share no cipher suite/])
  const start = (properties: Record<string, string>) =>
    Broker.start({ ephemeral: true, properties: { ...sslProperties(), ...properties } })
  await t.rejects(start({ 'ssl.cipher.suites': 'TLS_NO_SUCH' }), /ssl.cipher.suites has TLS_NO_SUCH/)
  await t.rejects(start({ 'ssl.enabled.protocols': 'TLSv1.1' }), /TLSv1.2 and TLSv1.3 are served/)
})

t.test('listeners of several protocols have properties of their own', async t => {
  const own = authority.issue({ name: 'own', hosts: ['own.test', 'localhost'] })
  const broker = await SecuredBroker.start(t, {
    listeners: 'STRICT://127.0.0.1:0,OPEN://127.0.0.1:0,SSL://127.0.0.1:0',
    'listener.security.protocol.map': 'STRICT:SSL,OPEN:PLAINTEXT,SSL:SSL',
    'listener.name.strict.ssl.client.auth': 'required',
    'listener.name.strict.ssl.keystore.certificate.chain': own.certificate,
    'listener.name.strict.ssl.keystore.key': own.key,
  })
  t.equal(await broker.principalOf(trusting(alice)), 'User:CN=alice')
  t.equal(broker.askedBy.at(-1)!.listener, 'STRICT')
  await t.rejects(broker.principalOf(trusting()))
})

t.test(
  'a listener of SASL_SSL asks for a password, and for a certificate only where its own property does',
  async t => {
    const sasl = {
      listeners: 'SASL_SSL://127.0.0.1:0',
      'sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.sasl_ssl.plain.sasl.jaas.config':
        'org.apache.kafka.common.security.plain.PlainLoginModule required user_bob="secret";',
      'ssl.client.auth': 'required',
    }
    const login = (password: string) =>
      ({ mechanism: 'PLAIN', user: 'bob', password: new Secret(password) }) satisfies ClientLogin
    const connect = ({ port }: SecuredBroker, password: string) =>
      Client.connect({ host: 'localhost', port, tls: trusting(), login: login(password), timeoutMs: 10_000 })
    const broker = await SecuredBroker.start(t, sasl)
    const client = await connect(broker, 'secret')
    await ask(client)
    await client.close()
    t.match(broker.askedBy.at(-1), { principal: 'User:bob', securityProtocol: 'SASL_SSL' })
    await t.rejects(connect(broker, 'wrong'), { name: 'LoginError' })
    const strict = await SecuredBroker.start(t, { ...sasl, 'listener.name.sasl_ssl.ssl.client.auth': 'required' })
    await t.rejects(connect(strict, 'secret'))
  },
)

t.test('half-open handshakes keep nobody from being served', async t => {
  const broker = await SecuredBroker.start(t)
  const sockets: net.Socket[] = []
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
  })
  for (let i = 0; i < 200; i++) {
    const socket = net.connect(broker.port, '127.0.0.1')
    socket.on('error', () => {})
    sockets.push(socket)
  }
  await Promise.all(sockets.map(socket => once(socket, 'connect')))
  await ask(await broker.connect())
})

t.test('a key store that is missing or useless ends the start with what to do', async t => {
  const start = (properties: Record<string, string>) =>
    Broker.start({ ephemeral: true, properties: { listeners: 'SSL://127.0.0.1:0', ...properties } })
  await t.rejects(start({}), /ssl.keystore.location is not set, and TLS needs a key and a certificate; --dev-tls/)
  await t.rejects(start({ 'ssl.keystore.location': '/nowhere.jks' }), /is \/nowhere.jks, and there is no such file/)
  const { certificate, key } = local
  await t.rejects(
    start({ 'ssl.keystore.certificate.chain': alice.certificate, 'ssl.keystore.key': key }),
    /ssl.keystore.key has a key that none of its certificates belongs to/,
  )
  await t.rejects(start({ 'ssl.keystore.key': key }), /ssl.keystore.certificate.chain is not set/)
  await t.rejects(
    start({ ...sslProperties({ certificate, key }), 'ssl.principal.mapping.rules': 'RULE:x' }),
    /'RULE:x' is no rule/,
  )
})
