/** Settings of the network side over resets: they are those of who serves now, though the listeners stay. */
import type { Kafka } from 'kafkajs'
import t from 'tap'
import { Client } from '../../lib/client/client.ts'
import { AlterClientQuotas } from '../../protocol/messages/alter-client-quotas.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { Bench } from './kafkajs.ts'

const jaas = 'listener.name.sasl_plaintext.plain.sasl.jaas.config'
const users = (...names: string[]) =>
  `org.apache.kafka.common.security.plain.PlainLoginModule required ${names.map(name => `user_${name}="${name}"`).join(' ')};`

/** BROKER among the kinds of resources of kafkajs. */
const brokerResource = 4

async function setUsers(kafka: Kafka, ...names: string[]) {
  const admin = kafka.admin()
  await admin.connect()
  const configEntries = [{ name: jaas, value: users(...names) }]
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: brokerResource, name: '1', configEntries }],
  } as Parameters<typeof admin.alterConfigs>[0])
  await admin.disconnect()
}

t.test('logins go by the settings that a reset goes to, and by those that are set after it', async t => {
  const bench = await Bench.start(t, {
    logLevel: 'silent',
    properties: {
      listeners: 'SASL_PLAINTEXT://127.0.0.1:0',
      'sasl.enabled.mechanisms': 'PLAIN',
      'connection.failed.authentication.delay.ms': '0',
      [jaas]: users('alice'),
    },
  })
  const as = (name: string) =>
    bench.kafka({ sasl: { mechanism: 'plain', username: name, password: name }, retry: { retries: 0 } })
  const mayLogIn = async (name: string) => {
    const admin = as(name).admin()
    const may = await admin.connect().then(
      () => true,
      () => false,
    )
    await admin.disconnect()
    return may
  }
  await setUsers(as('alice'), 'alice', 'bob')
  t.ok(await mayLogIn('bob'))
  await bench.kit.reset()
  t.notOk(await mayLogIn('bob'), 'what was set is set back')
  t.ok(await mayLogIn('alice'))
  await setUsers(as('alice'), 'alice', 'carol')
  t.ok(await mayLogIn('carol'), 'what is set after a reset holds')
  await bench.kit.baseline()
  await bench.kit.reset()
  t.ok(await mayLogIn('carol'), 'and is kept by a baseline')
  t.notOk(await mayLogIn('bob'))
})

t.test('quotas go by what a reset goes to, and by those that are set after it', async t => {
  const { kit } = await Bench.start(t)
  const [host, port] = kit.bootstrap.split(':') as [string, string]
  const client = await Client.connect({ host, port: Number(port) })
  t.teardown(() => client.close())
  const batch = buildBatch({ records: [{ key: null, value: Buffer.alloc(2_000), headers: [], timestamp: 0 } as never] })
  const throttleMs = async () => {
    const partitionData = [{ index: 0, records: batch }]
    const topicData = [{ name: 'orders', partitionData }]
    const asked = { transactionalId: null, acks: -1, timeoutMs: 30_000, topicData }
    const { throttleTimeMs } = (await client.send(Produce, 9, asked as never)) as { throttleTimeMs: number }
    return throttleTimeMs
  }
  const limit = () =>
    client.send(AlterClientQuotas, 1, {
      entries: [
        {
          entity: [{ entityType: 'user', entityName: null }],
          ops: [{ key: 'producer_byte_rate', value: 100, remove: false }],
        },
      ],
      validateOnly: false,
    })
  await limit()
  await kit.reset()
  t.equal(await throttleMs(), 0, 'what was set is set back')
  await limit()
  t.ok((await throttleMs()) > 0, 'what is set after a reset holds')
})
