/** Our client against our broker: each mechanism, and what it says where it is not let in. */
import t from 'tap'
import { silentLogger } from '../../lib/base/logger.ts'
import { Secret } from '../../lib/base/secret.ts'
import { Broker } from '../../lib/broker.ts'
import { Client } from '../../lib/client/client.ts'
import type { ClientLogin } from '../../lib/client/login.ts'
import { saltedPassword } from '../../lib/security/salting.ts'
import { AlterUserScramCredentials } from '../../protocol/messages/alter-user-scram-credentials.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { SecuredBroker, trusting } from '../tls/secured-broker.ts'

const salt = Buffer.from('some salt')

t.test('each mechanism lets in who knows the password, and tells others so', async t => {
  const broker = await Broker.start({
    ephemeral: true,
    logger: silentLogger,
    properties: {
      listeners: 'SASL_PLAINTEXT://127.0.0.1:0',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'sasl.jaas.config': 'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="secret";',
    },
  })
  t.teardown(() => broker.stop())
  const [host, port] = broker.bootstrap.split(':')
  const connect = (login: ClientLogin) => Client.connect({ host: host!, port: Number(port), login })
  const admin = await connect({ mechanism: 'PLAIN', user: 'alice', password: new Secret('secret') })
  t.teardown(() => admin.close())
  for (const [mechanism, number] of [
    ['SCRAM-SHA-256', 1],
    ['SCRAM-SHA-512', 2],
  ] as const) {
    const salted = await saltedPassword(mechanism, new Secret('secret'), salt, 4096)
    const upsertions = [{ name: 'alice', mechanism: number, iterations: 4096, salt, saltedPassword: salted }]
    await admin.send(AlterUserScramCredentials, 0, { deletions: [], upsertions })
  }
  for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
    const client = await connect({ mechanism, user: 'alice', password: new Secret('secret') })
    const { brokers } = await client.send(Metadata, 1, {
      ...{ topics: [], includeClusterAuthorizedOperations: false, includeTopicAuthorizedOperations: false },
    })
    t.equal(brokers[0]?.port, Number(port), mechanism)
    await client.close()
    const reason = mechanism === 'PLAIN' ? /Invalid username or password/ : /invalid credentials/
    await t.rejects(connect({ mechanism, user: 'alice', password: new Secret('wrong') }), { message: reason })
    await t.rejects(connect({ mechanism, user: 'bob', password: new Secret('secret') }), { message: reason })
  }
})

t.test('a login goes over TLS too, and is not asked of a certificate', async t => {
  const broker = await SecuredBroker.start(t, {
    listeners: 'SASL_SSL://127.0.0.1:0',
    'sasl.enabled.mechanisms': 'PLAIN',
    'sasl.jaas.config': 'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="secret";',
  })
  const { host, port } = broker
  const connect = (password: string) =>
    Client.connect({
      ...{ host, port, tls: trusting() },
      login: { mechanism: 'PLAIN', user: 'alice', password: new Secret(password) },
    })
  const client = await connect('secret')
  await client.send(Metadata, 1, {
    ...{ topics: [], includeClusterAuthorizedOperations: false, includeTopicAuthorizedOperations: false },
  })
  t.equal(broker.askedBy.at(-1)?.principal, 'User:alice')
  await client.close()
  await t.rejects(connect('wrong'), { name: 'LoginError' })
})
