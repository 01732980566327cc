/** A broker that passes for another version of Apache Kafka. */
import t from 'tap'
import { Client } from '../../lib/client/client.ts'
import { TestKafka } from '../../lib/testing.ts'
import { codes } from '../../protocol/errors.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { Bench, send } from './kafkajs.ts'

async function told(kit: TestKafka, version: number) {
  const [host, port] = kit.bootstrap.split(':') as [string, string]
  const client = await Client.connect({ host, port: Number(port) })
  try {
    return await client.send(ApiVersions, version, { clientSoftwareName: 'test', clientSoftwareVersion: '1' })
  } finally {
    await client.close()
  }
}

t.test('each is told with its APIs, their versions and its features', async t => {
  const expected = {
    '0.11': [{ 0: '0-3', 1: '0-5', 18: '0-1', 36: undefined, 60: undefined }, 1, []],
    '2.8': [{ 0: '0-9', 1: '0-12', 3: '0-11', 65: undefined }, 3, []],
    '3.9': [{ 0: '0-11', 1: '0-17', 66: '0-1' }, 4, ['metadata.version 21']],
    '4.0': [{ 0: '0-12', 1: '4-17', 27: '1-1' }, 4, ['metadata.version 25', 'transaction.version 2']],
    '4.4': [{ 0: '0-13', 1: '4-18', 18: '0-5' }, 5, ['metadata.version 33', 'transaction.version 2']],
  } as const
  for (const [persona, [versions, asked, levels]] of Object.entries(expected)) {
    await using kit = await TestKafka.start({ persona: persona as '0.11' })
    const answer = await told(kit, asked)
    t.equal(answer.errorCode, 0)
    const ranges = new Map(answer.apiKeys.map(each => [each.apiKey, `${each.minVersion}-${each.maxVersion}`]))
    for (const [key, range] of Object.entries(versions))
      t.equal(ranges.get(Number(key)), range, `${persona}: API ${key}`)
    const names = (answer.finalizedFeatures ?? []).map(({ name, maxVersionLevel }) => `${name} ${maxVersionLevel}`)
    for (const level of levels) t.ok(names.includes(level), `${persona}: ${level}`)
    if (levels.length === 0) t.same([answer.supportedFeatures ?? [], names], [[], []])
  }
  await t.rejects(TestKafka.start({ persona: '5.0' as never }), /persona is '5.0'; it takes/)
})

t.test(
  'a client that is too new learns by version 0 what there is, and a request of another version ends its connection',
  async t => {
    await using kit = await TestKafka.start({ persona: '0.11', trace: true, logLevel: 'silent' })
    const [host, port] = kit.bootstrap.split(':') as [string, string]
    const client = await Client.connect({ host, port: Number(port) })
    t.teardown(() => client.close())
    // Read as version 0, which a client falls back to.
    const answer = await client.send(ApiVersions, 3, { clientSoftwareName: 'test', clientSoftwareVersion: '1' })
    t.match(answer, { errorCode: codes.UNSUPPORTED_VERSION, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 1 }] })
    const raw = kit.trace.since().find(({ api, kind }) => api === 'ApiVersions' && kind === 'answer')
    t.same(raw?.errors, ['UNSUPPORTED_VERSION'])
    const other = await Client.connect({ host, port: Number(port) })
    t.teardown(() => other.close())
    await t.rejects(
      other.send(Metadata, 9, {
        topics: null,
        includeClusterAuthorizedOperations: false,
        includeTopicAuthorizedOperations: false,
      }),
      /closed/,
    )
  },
)

t.test('kafkajs works with each of them', async t => {
  for (const persona of ['0.11', '2.8', '3.9', '4.0', '4.4'] as const) {
    const bench = await Bench.start(t, { persona })
    await send(await bench.producer(), 0, persona)
    const { consumer, read } = await bench.consumer()
    await bench.kit.group('g').caughtUp()
    t.same(read, [persona])
    await consumer.disconnect()
  }
})
