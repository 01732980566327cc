/** The codec against bytes that Apache Kafka wrote, against its own twin, and against values at the edges of its types. */
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import {
  codecOf,
  decode,
  decodeExact,
  EncodeError,
  encode,
  encodeExact,
  encodeInto,
  interpreted,
} from '../../protocol/codec.ts'
import { fromJson, toJson } from '../../protocol/json.ts'
import { parseExact, stringifyExact } from '../../protocol/json-text.ts'
import { layoutOf } from '../../protocol/layout.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { Reader } from '../../protocol/reader.ts'
import { type EncodableOf, int64, message } from '../../protocol/schema.ts'
import { ConsumerGroupMemberMetadataValue } from '../../protocol/stored/consumer-group-member-metadata.ts'
import { Writer } from '../../protocol/writer.ts'
import { messages, provenMessages, RandomMessage, versionsOf } from './messages.ts'

interface Vector {
  message: string
  version: number
  json: object
  hex: string
}

const vectors: Vector[] = gunzipSync(readFileSync(new URL('../fixtures/messages.jsonl.gz', import.meta.url)))
  .toString('utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line))

const authorized = { includeClusterAuthorizedOperations: true, includeTopicAuthorizedOperations: true }

const byName = new Map(messages.map(message => [message.name, message]))

t.test("Apache Kafka's bytes decode to its JSON, and encode back, compiled and interpreted", async t => {
  t.equal(vectors.length, 2852)
  const seen = new Set<string>()
  const wrong: string[] = []
  for (const { message: name, version, json, hex } of vectors) {
    const declared = byName.get(name)
    if (declared === undefined) {
      wrong.push(`${name} is not declared`)
      continue
    }
    seen.add(name)
    const wanted = JSON.stringify(json)
    const bytes = Buffer.from(hex, 'hex')
    const layout = layoutOf(declared, version)
    for (const [twin, codec] of Object.entries({
      compiled: codecOf(declared, version),
      interpreted: interpreted(layout),
    })) {
      const decoded = codec.read(new Reader().reset(bytes)) as object
      if (stringifyExact(toJson(declared, version, decoded)) !== wanted)
        wrong.push(`${name} v${version} ${twin} decoded`)
      const writer = new Writer().start()
      codec.write(writer, decoded)
      if (writer.finishContiguous().toString('hex') !== hex) wrong.push(`${name} v${version} ${twin} encoded`)
    }
    const exact = toJson(declared, version, decodeExact(declared, version, bytes))
    if (stringifyExact(exact) !== wanted) wrong.push(`${name} v${version} decoded exactly`)
    const described = fromJson(declared, version, json)
    if (encodeExact(declared, version, described).toString('hex') !== hex) wrong.push(`${name} v${version} from JSON`)
  }
  t.same(wrong, [])
  t.same(
    provenMessages.map(({ name }) => name).filter(name => !seen.has(name)),
    [],
    'every declared message was among them',
  )
})

t.test('compiled code and interpreter agree on random messages of every version of every message', async t => {
  const wrong: string[] = []
  for (const declared of messages) {
    for (const version of versionsOf(declared)) {
      const layout = layoutOf(declared, version)
      const twin = interpreted(layout)
      const codec = codecOf(declared, version)
      for (let seed = 0; seed < 12; seed++) {
        const value = new RandomMessage(seed * 1000 + version).struct(layout)
        const [one, other] = [codec, twin].map(({ write }) => {
          const writer = new Writer().start()
          write(writer, value)
          return writer.finishContiguous()
        })
        const name = `${declared.name} v${version} seed ${seed}`
        if (!one.equals(other)) wrong.push(`${name}: written otherwise`)
        const [read, readOther] = [codec, twin].map(each => each.read(new Reader().reset(one)))
        if (!isDeepStrictEqual(read, readOther)) wrong.push(`${name}: read otherwise`)
        if (!encode(declared, version, read as never).equals(one)) wrong.push(`${name}: not the same once more`)
        if (Object.values(read as object).includes(undefined)) wrong.push(`${name}: a field without a value`)
      }
    }
  }
  t.same(wrong, [])
})

t.test('what a version lacks is decoded to its default and not encoded', async t => {
  const bytes = encode(Metadata.request, 0, { ...authorized, topics: [], allowAutoTopicCreation: false })
  t.equal(bytes.toString('hex'), '00000000')
  t.match(decode(Metadata.request, 0, bytes), { topics: [], allowAutoTopicCreation: true })
  t.match(decode(Fetch.request, 0, encode(Fetch.request, 0, { maxWaitMs: 1, minBytes: 2, topics: [] } as never)), {
    replicaState: { replicaId: -1, replicaEpoch: -1 },
    rackId: '',
    clusterId: null,
    forgottenTopicsData: [],
  })
})

t.test('int64 saturates in a double, and is exact where it is asked for', async t => {
  const value = message({ name: 'Value', versions: [0, 0], flexible: null, fields: { value: int64 } })
  for (const [number, hex] of [
    [2 ** 63, '7fffffffffffffff'],
    [2 ** 70, '7fffffffffffffff'],
    [Number.POSITIVE_INFINITY, '7fffffffffffffff'],
    [-(2 ** 63), '8000000000000000'],
    [-(2 ** 70), '8000000000000000'],
    [-1, 'ffffffffffffffff'],
    [-(2 ** 32), 'ffffffff00000000'],
    [Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
    [Number.MIN_SAFE_INTEGER, 'ffe0000000000001'],
  ] as const) {
    t.equal(encode(value, 0, { value: number }).toString('hex'), hex)
    const back = decode(value, 0, Buffer.from(hex, 'hex')).value
    t.equal(back, Math.max(-(2 ** 63), Math.min(2 ** 63, number)))
  }
  for (const digits of ['9223372036854775807', '-9223372036854775808', '9007199254740993', '-9007199254740993', '7']) {
    const bytes = encodeExact(value, 0, fromJson(value, 0, parseExact(`{"value":${digits}}`)))
    t.equal(bytes.readBigInt64BE().toString(), digits)
    t.equal(stringifyExact(toJson(value, 0, decodeExact(value, 0, bytes))), `{"value":${digits}}`)
  }
  t.equal(stringifyExact(toJson(value, 0, { value: 2 ** 63 })), '{"value":9223372036854775807}')
})

t.test(
  'a tagged struct that may be null but is not by default is left out at its default and written when null',
  async t => {
    const value: EncodableOf<typeof ConsumerGroupMemberMetadataValue> = {
      instanceId: '',
      rackId: '',
      clientId: '',
      clientHost: '',
      subscribedTopicNames: [],
      subscribedTopicRegex: '',
      serverAssignor: '',
    }
    t.equal(encode(ConsumerGroupMemberMetadataValue, 0, value).toString('hex'), '010101010101ffffffff0100')
    const withNull = encode(ConsumerGroupMemberMetadataValue, 0, { ...value, classicMemberMetadata: null })
    t.equal(withNull.toString('hex'), '010101010101ffffffff0101000100')
  },
)

t.test('unknown tagged fields are kept, and written back in the order of their tags', async t => {
  const bytes = Buffer.from('0000010000000003030101280301020301080000000000000007', 'hex')
  const decoded = decode(ApiVersions.response, 3, bytes)
  t.equal(decoded.zkMigrationReady, true)
  t.equal(decoded.finalizedFeaturesEpoch, 7, 'tags need not be in order')
  t.same(decoded.unknownTaggedFields, [{ tag: 40, data: Buffer.from([1, 2, 3]) }])
  t.equal(
    encode(ApiVersions.response, 3, decoded).toString('hex'),
    '0000010000000003010800000000000000070301012803010203',
  )
  t.notOk('unknownTaggedFields' in decode(ApiVersions.response, 3, Buffer.from('0000010000000000', 'hex')))
  t.throws(
    () => encode(ApiVersions.response, 3, { ...decoded, unknownTaggedFields: [{ tag: 3, data: Buffer.alloc(1) }] }),
    EncodeError,
    'a tag that the version knows is not unknown',
  )
})

t.test('record bytes are a view of the frame when decoded, and spliced by reference when encoded', async t => {
  const records = [Buffer.alloc(5000, 1), Buffer.alloc(10, 2), Buffer.alloc(3000, 3)]
  const writer = new Writer().start()
  const layout = codecOf(Produce.request, 12)
  const partitionData = [
    { index: 1, records },
    { index: 2, records: null },
  ]
  layout.write(writer, { acks: 1, timeoutMs: 1, topicData: [{ name: 'orders', partitionData }] })
  t.equal(
    writer.bytesWritten,
    writer.finish().reduce((sum, chunk) => sum + chunk.length, 0),
  )
  writer.start()
  layout.write(writer, { acks: 1, timeoutMs: 1, topicData: [{ name: 'orders', partitionData }] })
  const chunks = writer.finish() as Buffer[]
  t.ok(chunks.includes(records[0]) && chunks.includes(records[2]), 'the large ones are the same buffers')
  const frame = Buffer.concat(chunks)
  const [read] = decode(Produce.request, 12, frame).topicData[0].partitionData
  t.ok(read.records?.equals(Buffer.concat(records)))
  t.equal(read.records?.buffer, frame.buffer, 'nothing was copied')
})

t.test('what cannot be encoded is an error that names the field, and leaves the next message untouched', async t => {
  const topic = { name: null, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }
  t.throws(() => encode(Metadata.request, 9, { topics: [topic] } as never), {
    name: 'EncodeError',
    message: 'null where it is not allowed, in field topics[0].name',
  })
  t.throws(() => encode(Metadata.request, 10, { topics: [{ ...topic, topicId: 'short' }] } as never), {
    message: '"short" is not a uuid of 22 characters, in field topics[0].topicId',
  })
  for (const version of [8, 9]) {
    t.throws(() => encode(Metadata.request, version, { topics: [{ ...topic, name: 'é'.repeat(20_000) }] } as never), {
      message: 'a string of 40000 bytes; 32767 is the most, in field topics[0].name',
    })
  }
  t.equal(encode(Metadata.request, 1, { topics: null } as never).toString('hex'), 'ffffffff')
  t.throws(
    () => encode(Metadata.request, 99, { topics: null } as never),
    /MetadataRequest has no version 99, only 0 to 13/,
  )
})

t.test('a message of more bytes than there may be is an error, and takes no more memory', async t => {
  const topics = Array.from({ length: 100 }, () => ({ name: 'x'.repeat(30_000), topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }))
  const sized = (bytesMax: number) => {
    const writer = new Writer(bytesMax).start()
    encodeInto(Metadata.request, 12, { ...authorized, topics }, writer)
    return writer.bytesWritten
  }
  t.throws(() => sized(2_500_000), { name: 'MessageSizeError', message: /more than 2500000 bytes beside its records/ })
  t.ok(sized(3_100_000) > 3_000_000)
})

t.test('a message larger than a block is whole, and so are those around it', async t => {
  const small = { ...authorized, topics: [{ name: 'before', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }] }
  const before = encode(Metadata.request, 12, small)
  const copy = Buffer.from(before)
  const topics = Array.from({ length: 20_000 }, (_, i) => ({ name: `topic-${i}`, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }))
  const large = encode(Metadata.request, 12, { ...small, topics })
  t.same(
    decode(Metadata.request, 12, large).topics?.map(({ name }) => name),
    topics.map(({ name }) => name),
  )
  t.ok(before.equals(copy))
  const many = {
    ...small,
    topics: Array.from({ length: 200_000 }, (_, i) => ({ ...small.topics[0]!, name: `t-${i}` })),
  }
  const writer = new Writer().start()
  encodeInto(Metadata.request, 12, many, writer)
  const chunks = writer.finish() as Buffer[]
  t.ok(chunks.length >= 4, 'a large one lies in several pieces, none of which was moved when it had become large')
  t.same(decode(Metadata.request, 12, Buffer.concat(chunks)).topics?.at(-1)?.name, 't-199999')
  t.ok(Buffer.concat(chunks).equals(encode(Metadata.request, 12, many)))
  const features = Array.from({ length: 9000 }, (_, i) => ({ name: `f${i}`, minVersion: 1, maxVersion: 2 }))
  const tagged = encode(ApiVersions.response, 3, {
    errorCode: 0,
    apiKeys: [],
    throttleTimeMs: 0,
    supportedFeatures: features,
  })
  t.same(
    decode(ApiVersions.response, 3, tagged).supportedFeatures,
    features,
    'a tagged field with a size of three bytes',
  )
})
