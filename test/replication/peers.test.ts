/** How brokers reach each other: by which listener, and as whom. */
import t from 'tap'
import { Secret } from '../../lib/base/secret.ts'
import { interBrokerListener, peerSecurity, tlsOf } from '../../lib/composition/peer-security.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import { codes } from '../../protocol/errors.ts'
import { Brokers } from './brokers.ts'

const twoListeners = {
  listeners: 'PLAINTEXT://:1,INSIDE://:2',
  'listener.security.protocol.map': 'INSIDE:SASL_PLAINTEXT,PLAINTEXT:PLAINTEXT',
}
const jaas =
  'org.apache.kafka.common.security.plain.PlainLoginModule required username="broker" password="b" user_broker="b" user_client="c";'

t.test('the listener among brokers is the one that is named, else the first of the protocol', t => {
  const name = (properties: Record<string, string>) => interBrokerListener(BrokerConfig.parse(properties)).name
  t.equal(name({}), 'PLAINTEXT')
  t.equal(name(twoListeners), 'PLAINTEXT')
  t.equal(name({ ...twoListeners, 'inter.broker.listener.name': 'inside' }), 'INSIDE')
  t.equal(name({ ...twoListeners, 'security.inter.broker.protocol': 'SASL_PLAINTEXT' }), 'INSIDE')
  t.throws(() => name({ ...twoListeners, 'security.inter.broker.protocol': 'SSL' }), { name: 'ConfigError' })
  t.end()
})

t.test('a broker logs in as the login of that listener says', t => {
  const security = (properties: Record<string, string>) =>
    peerSecurity(
      BrokerConfig.parse({ ...twoListeners, 'inter.broker.listener.name': 'INSIDE', ...properties }),
      () => null,
    )
  const ofListener = { 'listener.name.inside.plain.sasl.jaas.config': jaas }
  const plain = { 'sasl.mechanism.inter.broker.protocol': 'PLAIN' }
  t.match(security({ ...plain, ...ofListener }), { tls: undefined, login: { mechanism: 'PLAIN', user: 'broker' } })
  t.throws(() => security(ofListener), /is GSSAPI; brokers log in by PLAIN/)
  t.throws(() => security(plain), /says no username and password/)
  t.same(
    peerSecurity(BrokerConfig.parse({}), () => null),
    { tls: undefined, login: undefined },
  )
  t.end()
})

t.test('ssl.endpoint.identification.algorithm says whether another broker must be what its certificate names', t => {
  const checksHost = (properties: Record<string, string>) =>
    tlsOf({ name: 'INSIDE' }, BrokerConfig.parse(properties), () => null).checksHost
  t.equal(checksHost({}), true)
  t.equal(checksHost({ 'ssl.endpoint.identification.algorithm': '' }), false)
  t.equal(checksHost({ 'listener.name.inside.ssl.endpoint.identification.algorithm': '' }), false)
  t.equal(checksHost({ 'listener.name.other.ssl.endpoint.identification.algorithm': '' }), true)
  t.end()
})

t.test('partitions are copied by who has logged in, and not by who is refused', async t => {
  for (const password of ['b', 'wrong']) {
    const brokers = new Brokers({
      ...{ 'security.inter.broker.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism.inter.broker.protocol': 'PLAIN' },
      ...{ 'sasl.enabled.mechanisms': 'PLAIN', 'min.insync.replicas': '2' },
      'listener.name.sasl_plaintext.plain.sasl.jaas.config': jaas.replace('password="b"', `password="${password}"`),
    })
    brokers.protocol = 'SASL_PLAINTEXT'
    brokers.login = { mechanism: 'PLAIN', user: 'client', password: new Secret('c') }
    await brokers.start(1, 2)
    await brokers.create('a', [[1, 2]])
    const { errorCode } = await brokers.produced(1, 'a', ['x'], -1, 3_000)
    t.equal(errorCode, password === 'b' ? codes.NONE : codes.REQUEST_TIMED_OUT)
    const isSaid = brokers.lines.some(line => line.includes('cannot fetch from a leader') && line.includes('password'))
    t.equal(isSaid, password === 'wrong', 'and why is said')
    await brokers.close()
  }
})
