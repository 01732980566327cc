/** Bytes that no honest client sends: a DecodeError is the worst that may come of them, soon and without much memory. */
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { codecOf, DecodeError, decode, decodeExact, interpreted } from '../../protocol/codec.ts'
import { layoutOf } from '../../protocol/layout.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { elementsMax, Reader, unknownTaggedFieldsKeptMax } from '../../protocol/reader.ts'
import type { Message } from '../../protocol/schema.ts'
import { Writer } from '../../protocol/writer.ts'
import { messages, RandomMessage, versionsOf } from './messages.ts'

function attempt(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}

function refusal(message: Message, version: number, hex: string): { byte: number; field: string; message: string } {
  const error = attempt(() => decode(message, version, Buffer.from(hex.replaceAll(' ', ''), 'hex')))
  if (error instanceof DecodeError) return { byte: error.byte, field: error.field, message: error.message }
  throw new Error('it was decoded')
}

t.test('mutated and random bytes decode or are refused with a DecodeError, by both twins alike', async t => {
  const wrong: string[] = []
  for (const declared of messages) {
    for (const version of versionsOf(declared)) {
      const layout = layoutOf(declared, version)
      const codec = codecOf(declared, version)
      const twin = interpreted(layout)
      for (let seed = 0; seed < 40; seed++) {
        const random = new RandomMessage(seed * 7919 + version)
        const bytes = mutated(random, layout)
        const one = attempt(() => codec.read(new Reader().reset(bytes)))
        const other = attempt(() => twin.read(new Reader().reset(bytes)))
        const name = `${declared.name} v${version} ${bytes.toString('hex')}`
        if (one instanceof Error || other instanceof Error) {
          if (!(one instanceof DecodeError && other instanceof DecodeError)) wrong.push(`${name}: ${one} ${other}`)
          else if (other.byte < 0 || other.byte > bytes.length) wrong.push(`${name}: at byte ${other.byte}`)
        } else if (!isDeepStrictEqual(one, other)) wrong.push(`${name}: read otherwise`)
      }
    }
  }
  t.same(wrong, [])
})

function mutated(random: RandomMessage, layout: ReturnType<typeof layoutOf>): Buffer {
  if (random.int(5) === 0) return random.bytes(random.int(100))
  const writer = new Writer().start()
  interpreted(layout).write(writer, random.struct(layout))
  const bytes = Buffer.from(writer.finishContiguous())
  for (let n = random.int(4); n >= 0 && bytes.length > 0; n--) {
    bytes[random.int(bytes.length)] = [0, 1, 0x7f, 0x80, 0xff, random.int(256)][random.int(6)]
  }
  return random.int(3) === 0 ? bytes.subarray(0, random.int(bytes.length + 1)) : bytes
}

t.test('a refusal says at which byte and in which field', async t => {
  t.same(refusal(Metadata.request, 1, '00000002 0001 61 0001'), {
    byte: 9,
    field: 'topics[1].name',
    message: 'bytes needed: 1, left: 0, at byte 9 in field topics[1].name',
  })
  t.match(refusal(Metadata.request, 1, '00000001 ffff'), { byte: 4, field: 'topics[0].name' })
  t.match(refusal(Metadata.request, 12, '02 00000000000000000000000000000000 05 6162'), { field: 'topics[0].name' })
  t.match(refusal(ApiVersions.response, 3, '0000 01 00000000 01 01 08 0000'), { field: 'finalizedFeaturesEpoch' })
  const cut = Buffer.from('00000002000161', 'hex')
  t.match(
    attempt(() => decode(Metadata.request, 1, cut)),
    { byte: 0, field: 'topics' },
  )
  t.match(
    attempt(() => decodeExact(Metadata.request, 1, cut)),
    { byte: 7, field: 'topics[1].name' },
  )
})

t.test('positions count from where decoding began', async t => {
  const slab = Buffer.alloc(100, 0xff)
  const error = attempt(() => decode(ApiVersions.response, 0, slab, 40, 43))
  t.match(error, { byte: 2, field: 'apiKeys' })
})

t.test('an array is believed only as far as its elements can follow', async t => {
  for (const [version, hex] of [
    [1, '7fffffff'],
    [1, '00000003 0000 0000'],
    [9, 'ffffffff0f'],
    [9, '8080808008'],
    [9, '05 01 01 01'],
  ] as const) {
    t.match(refusal(Metadata.request, version, hex), { byte: 0, field: 'topics', message: /elements, but only/ }, hex)
  }
  const frame = Buffer.alloc(10_000_000)
  frame.writeInt32BE(elementsMax, 0)
  const before = process.memoryUsage().heapUsed
  t.throws(() => decode(Metadata.request, 0, Buffer.from('00ffffff', 'hex')), DecodeError)
  t.ok(process.memoryUsage().heapUsed - before < 10_000_000)
  t.equal(decode(Metadata.request, 0, frame).topics?.length, elementsMax, 'what does follow is read')
  frame.writeInt32BE(elementsMax + 1, 0)
  t.throws(
    () => decode(Metadata.request, 0, frame),
    /more than 2000000 elements in the arrays of one message, at byte 0/,
  )
})

t.test('overlong varints are refused, padded ones are read', async t => {
  t.match(refusal(Metadata.request, 9, '8180808080 00'), { byte: 0, message: /more than five bytes/ })
  t.match(refusal(Metadata.request, 9, '8180808070'), { byte: 0, message: /more than 32 bits/ })
  t.same(decode(Metadata.request, 9, Buffer.from('818000000000 00'.replaceAll(' ', ''), 'hex')).topics, [])
})

t.test('null is read only where it is allowed, and any negative length is null', async t => {
  t.match(refusal(Metadata.request, 0, 'ffffffff'), { byte: 0, field: 'topics', message: /null where/ })
  t.equal(decode(Metadata.request, 1, Buffer.from('fffffff9', 'hex')).topics, null)
  t.match(refusal(Metadata.request, 9, '02 00 00'), { byte: 1, field: 'topics[0].name', message: /null where/ })
  t.match(refusal(Metadata.request, 9, `02 c1b802 ${'61'.repeat(40_000)}`), { message: /a string of 40000 bytes/ })
})

t.test('a million empty tagged fields take little time and little memory', async t => {
  const count = 1_000_000
  const fields = Buffer.alloc(count * 5)
  for (let i = 0; i < count; i++) {
    const tag = i + 16_384 * 128
    fields.set([(tag & 0x7f) | 0x80, ((tag >> 7) & 0x7f) | 0x80, ((tag >> 14) & 0x7f) | 0x80, tag >> 21, 0], i * 5)
  }
  const head = Buffer.from('0000010000000080808000', 'hex')
  head.set([(count & 0x7f) | 0x80, ((count >> 7) & 0x7f) | 0x80, count >> 14], 7)
  const bytes = Buffer.concat([head.subarray(0, 10), fields])
  const before = process.memoryUsage().heapUsed
  const begun = process.cpuUsage()
  const decoded = decode(ApiVersions.response, 3, bytes)
  const { user, system } = process.cpuUsage(begun)
  t.ok(user + system < 1_000_000, 'microseconds of the processor, whatever else it does')
  t.ok(process.memoryUsage().heapUsed - before < 5_000_000)
  t.equal(decoded.unknownTaggedFields?.length, unknownTaggedFieldsKeptMax)
  t.throws(() => decodeExact(ApiVersions.response, 3, bytes), /more than 1000 unknown tagged fields/)
  t.match(refusal(ApiVersions.response, 3, '0000 01 00000000 ffffffff07'), { message: /tagged fields, but only/ })
  t.match(refusal(ApiVersions.response, 3, '0000 01 00000000 01 63 05 00'), { message: /bytes needed: 5, left: 1/ })
})

t.test('what Kafka lets pass is let pass, and refused where exactness is asked for', async t => {
  const trailing = Buffer.from('00000000aabb', 'hex')
  t.same(decode(Metadata.request, 0, trailing).topics, [])
  t.throws(() => decodeExact(Metadata.request, 0, trailing), /bytes left over after the message: 2, at byte 4/)
  const missized = Buffer.from('00000100000000010105 0000000000000007'.replaceAll(' ', ''), 'hex')
  t.equal(decode(ApiVersions.response, 3, missized).finalizedFeaturesEpoch, 7)
  t.throws(
    () => decodeExact(ApiVersions.response, 3, missized),
    /a tagged field of 5 bytes that takes 8, at byte 9 in field finalizedFeaturesEpoch/,
  )
  const twice = Buffer.from('0000010000000002030101030100', 'hex')
  t.equal(decode(ApiVersions.response, 3, twice).zkMigrationReady, false, 'the last of two counts')
})

t.test('bytes that are not UTF-8 become replacement characters, also when seen before', async t => {
  for (let i = 0; i < 3; i++) {
    t.equal(decode(Metadata.request, 0, Buffer.from('00000001000361ff62', 'hex')).topics?.[0].name, 'a\ufffdb')
  }
})

t.test('a text that would be too long to be told again is refused, as what is not UTF-8 grows', async t => {
  const frame = (version: number, bytes: Buffer) => {
    const text = new Writer().start()
    text.int32(1)
    text.int16(bytes.length)
    if (version === 0) return Buffer.concat([text.finishContiguous(), bytes])
    const compact = new Writer().start()
    compact.uvarint(2)
    compact.uvarint(bytes.length + 1)
    return Buffer.concat([compact.finishContiguous(), bytes, Buffer.alloc(5)])
  }
  const name = (version: number, bytes: Buffer) =>
    decode(Metadata.request, version, frame(version, bytes)).topics?.[0].name ?? ''
  for (const version of [0, 9]) {
    for (const length of [10_922, 10_923, 20_000, 32_766]) {
      const invalid = Buffer.alloc(length, 0xff)
      if (length * 3 <= 32_767) t.equal(Buffer.byteLength(name(version, invalid)), length * 3)
      else t.throws(() => name(version, invalid), DecodeError)
    }
    const longest = Buffer.from(`${'é'.repeat(16_383)}`)
    t.equal(name(version, longest).length, 16_383)
    t.equal(Buffer.byteLength(name(version, Buffer.concat([Buffer.alloc(1, 0xff), longest.subarray(4)]))), 32_765)
  }
})

t.test('every prefix of a message is refused', async t => {
  for (const version of [4, 12, 18]) {
    const layout = layoutOf(Fetch.request, version)
    const writer = new Writer().start()
    interpreted(layout).write(writer, new RandomMessage(3).struct(layout))
    const bytes = writer.finishContiguous()
    for (let end = 0; end < bytes.length; end++) {
      const error = attempt(() => decode(Fetch.request, version, bytes, 0, end))
      if (!(error instanceof DecodeError)) t.fail(`${end} of ${bytes.length} bytes`)
    }
  }
  t.pass('all prefixes looked at')
})
