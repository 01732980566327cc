/** Listeners and advertised listeners, good and bad. */
import t from 'tap'
import { BrokerConfig } from '../../lib/config/config.ts'
import { listenersOf } from '../../lib/config/listeners.ts'

function listeners(properties: Record<string, string>) {
  return listenersOf(BrokerConfig.parse(properties))
}

t.test('without a word the broker listens on all addresses, and tells clients what they dialled', t => {
  t.same(listeners({}), [
    {
      name: 'PLAINTEXT',
      securityProtocol: 'PLAINTEXT',
      host: '',
      port: 9092,
      advertisedHost: null,
      advertisedPort: null,
    },
  ])
  t.end()
})

t.test('several listeners have names, addresses and advertised addresses of their own', t => {
  t.same(
    listeners({
      listeners: 'internal://0.0.0.0:0, EXTERNAL://[::1]:9094',
      'advertised.listeners': 'EXTERNAL://kafka.example.com:19094',
      'listener.security.protocol.map': 'INTERNAL:PLAINTEXT,external:plaintext',
      'inter.broker.listener.name': 'INTERNAL',
    }),
    [
      {
        name: 'INTERNAL',
        securityProtocol: 'PLAINTEXT',
        host: '0.0.0.0',
        port: 0,
        advertisedHost: null,
        advertisedPort: null,
      },
      {
        name: 'EXTERNAL',
        securityProtocol: 'PLAINTEXT',
        host: '::1',
        port: 9094,
        advertisedHost: 'kafka.example.com',
        advertisedPort: 19094,
      },
    ],
  )
  t.end()
})

t.test('an advertised IPv6 address loses its brackets, and port 0 stands for the one that is bound', t => {
  const [listener] = listeners({ listeners: 'PLAINTEXT://:0', 'advertised.listeners': 'PLAINTEXT://[fe80::1]:0' })
  t.equal(listener!.advertisedHost, 'fe80::1')
  t.equal(listener!.advertisedPort, null)
  t.end()
})

t.test("a controller's listener is left out, as it has no clients", t => {
  const names = listeners({
    listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093',
    'advertised.listeners': 'PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093',
    'controller.listener.names': 'CONTROLLER',
  }).map(({ name }) => name)
  t.same(names, ['PLAINTEXT'])
  t.throws(() => listeners({ listeners: 'CONTROLLER://:9093', 'controller.listener.names': 'CONTROLLER' }), {
    message: /no address for clients/,
  })
  t.end()
})

t.test('what cannot be is refused, and the message says what to do', t => {
  const cases: [Record<string, string>, RegExp][] = [
    [{ listeners: 'localhost:9092' }, /listeners cannot be 'localhost:9092': it takes NAME:\/\/host:port/],
    [{ listeners: 'PLAINTEXT://localhost' }, /NAME:\/\/host:port/],
    [{ listeners: 'PLAINTEXT://localhost:70000' }, /up to 65535/],
    [{ listeners: '' }, /at least one member/],
    [{ listeners: 'PLAINTEXT://:1,plaintext://:2' }, /names PLAINTEXT twice/],
    [{ listeners: 'A://:1,B://:1', 'listener.security.protocol.map': 'A:PLAINTEXT,B:PLAINTEXT' }, /the same port 1/],
    [{ listeners: 'INTERNAL://:1' }, /add INTERNAL:PLAINTEXT/],
    [{ 'listener.security.protocol.map': 'PLAINTEXT:TLS' }, /cannot have 'PLAINTEXT:TLS'.*SASL_SSL/],
    [{ 'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,plaintext:SSL' }, /names PLAINTEXT twice/],
    [{ 'advertised.listeners': 'OTHER://a:1' }, /names OTHER, which is not among listeners \(PLAINTEXT\)/],
    [{ 'advertised.listeners': 'PLAINTEXT://0.0.0.0:9092' }, /cannot tell clients 0\.0\.0\.0/],
    [{ 'inter.broker.listener.name': 'OTHER' }, /not among listeners/],
  ]
  for (const [properties, message] of cases)
    t.throws(() => listeners(properties), { message }, JSON.stringify(properties))
  t.end()
})

t.test('one IPv4 and one IPv6 address may share a port', t => {
  const map = { 'listener.security.protocol.map': 'A:PLAINTEXT,B:PLAINTEXT' }
  t.equal(listeners({ listeners: 'A://127.0.0.1:9092,B://[::1]:9092', ...map }).length, 2)
  t.end()
})
