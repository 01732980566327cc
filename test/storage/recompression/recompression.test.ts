/** Batches in the codec of their topic: what changes in them and what does not, and what is refused. */
import t from 'tap'
import { codes, KafkaError } from '../../../protocol/errors.ts'
import { batches, buildBatch, readRecords } from '../../../protocol/records/batch.ts'
import { type Codec, codecs } from '../../../protocol/records/compression.ts'
import {
  baseSequence,
  checkCrc,
  compressionType,
  isTransactional,
  lastOffsetDelta,
  maxTimestamp,
  producerEpoch,
  producerId,
  sizeInBytes,
  timestampType,
} from '../../../protocol/records/header.ts'
import { buildMessages } from '../../../protocol/records/message.ts'
import { defaultLogConfig, type LogConfig } from '../../../storage/log.ts'
import { codecWanted, recompressed } from '../../../storage/recompression/recompression.ts'
import { RecompressionThread } from '../../../storage/recompression/thread.ts'
import { markValidated, RecordValidationError, validateClientRecords } from '../../../storage/validate.ts'
import { LogFixture, startMs } from '../fixture.ts'

const types = ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'] as const

function configOf(config: Partial<LogConfig>): LogConfig {
  return { ...defaultLogConfig, ...config }
}

function records(count: number, valueBytes = 100) {
  return Array.from({ length: count }, (_, index) => ({
    timestamp: startMs + ((index * 7) % 5),
    key: index % 3 === 0 ? null : Buffer.from(`k${index}`),
    value: index % 4 === 1 ? null : Buffer.from(`${index}`.padEnd(valueBytes, 'v')),
    headers: index % 2 === 0 ? [] : [{ key: 'h', value: Buffer.from([index & 255]) }],
  }))
}

function codeOf(run: () => unknown): number {
  try {
    run()
    return 0
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
}

t.test('a batch of another codec is packed anew, and nothing else of it changes', t => {
  for (const type of types) {
    for (const compression of codecs) {
      const batch = buildBatch({
        records: records(20),
        compression,
        producerId: 7,
        producerEpoch: 3,
        baseSequence: 40,
        isTransactional: true,
      })
      const before = Buffer.from(batch)
      const result = validateClientRecords(batch, configOf({ compressionType: type }), startMs)
      const wanted = codecWanted(configOf({ compressionType: type }))!
      t.equal(codecs[compressionType(result, 0)], wanted, `${type} of ${compression}`)
      t.equal(sizeInBytes(result, 0), result.length)
      t.ok(checkCrc(result, 0))
      t.same(readRecords(result, 0), readRecords(before, 0))
      t.same(
        [producerId, producerEpoch, baseSequence, isTransactional, lastOffsetDelta, maxTimestamp].map(of =>
          of(result, 0),
        ),
        [7, 3, 40, true, 19, startMs + 4],
      )
      if (wanted === compression) t.equal(result, batch, 'what has the codec stays as it is, whatever its level')
    }
  }
  t.end()
})

t.test('levels are those of the topic', t => {
  const words = Array.from({ length: 3_000 }, (_, index) => `word${(index * 7919) % 997} `).join('')
  const batch = buildBatch({ records: [{ timestamp: 1, key: null, value: Buffer.from(words) }] })
  const sizes = (config: Partial<LogConfig>) => recompressed(batch, configOf(config)).length
  t.ok(
    sizes({ compressionType: 'gzip', compressionGzipLevel: 9 }) <
      sizes({ compressionType: 'gzip', compressionGzipLevel: 1 }),
  )
  t.ok(
    sizes({ compressionType: 'zstd', compressionZstdLevel: 19 }) <
      sizes({ compressionType: 'zstd', compressionZstdLevel: -50 }),
  )
  t.equal(
    sizes({ compressionType: 'gzip', compressionGzipLevel: -1 }),
    sizes({ compressionType: 'gzip', compressionGzipLevel: 6 }),
  )
  t.end()
})

t.test('the limit holds for what was sent, and for what comes of it', t => {
  const plain = () => buildBatch({ records: records(100) })
  const packed = () => buildBatch({ records: records(100), compression: 'gzip' })
  const limited = (config: Partial<LogConfig>, batch: Buffer) =>
    codeOf(() => validateClientRecords(batch, configOf({ maxMessageBytes: 5_000, ...config }), startMs))
  t.equal(limited({ compressionType: 'gzip' }, plain()), codes.MESSAGE_TOO_LARGE, 'though it would fit')
  t.equal(limited({ compressionType: 'uncompressed' }, packed()), codes.MESSAGE_TOO_LARGE)
  t.equal(limited({ compressionType: 'zstd' }, packed()), codes.NONE)
  const small = { compressionType: 'uncompressed', maxMessageBytes: 100_000, segmentBytes: 5_000 } as const
  t.equal(limited(small, packed()), codes.RECORD_LIST_TOO_LARGE)
  t.end()
})

t.test('old formats become batches of the codec of the topic', t => {
  for (const magic of [0, 1] as const) {
    for (const compression of ['none', 'gzip'] as const) {
      const messages = buildMessages({
        magic,
        compression,
        records: records(5).map(({ timestamp, key, value }, offset) => ({ offset, timestamp, key, value })),
      })
      const fixture = new LogFixture({ compressionType: 'lz4' })
      fixture.append(messages)
      fixture.turn()
      const { records: read } = fixture.log.read(0, { maxBytes: 100_000, maxOffset: 5, minOneMessage: true })
      const all = Buffer.concat(read)
      const found = [...batches(all)]
      t.ok(found.every(at => codecs[compressionType(all, at)] === 'lz4'))
      t.same(
        found.flatMap(at => readRecords(all, at).map(({ offset, value }) => [offset, value?.length ?? null])),
        records(5).map(({ value }, offset) => [offset, value?.length ?? null]),
      )
    }
  }
  t.end()
})

t.test('LogAppendTime is that of the append, also where a thread has packed the batch before', t => {
  const config = configOf({ compressionType: 'zstd', messageTimestampType: 'LogAppendTime' })
  const packed = markValidated(validateClientRecords(buildBatch({ records: records(5) }), config, startMs))
  const result = validateClientRecords(packed, config, startMs + 50)
  t.equal(result, packed)
  t.equal(timestampType(result, 0), 'LogAppendTime')
  t.equal(maxTimestamp(result, 0), startMs + 50)
  t.ok(checkCrc(result, 0))
  t.equal(
    codeOf(() => validateClientRecords(packed, configOf({ maxMessageBytes: 10 }), startMs)),
    codes.MESSAGE_TOO_LARGE,
  )
  t.end()
})

t.test('duplicates of an idempotent producer are found whatever they were packed with', t => {
  const fixture = new LogFixture({ compressionType: 'zstd' })
  const send = (baseSequence: number, compression: Codec) =>
    fixture.append(buildBatch({ records: records(5), compression, producerId: 9, producerEpoch: 0, baseSequence }))
  t.equal(send(0, 'gzip').baseOffset, 0)
  t.equal(send(5, 'none').baseOffset, 5)
  t.match(send(0, 'gzip'), { baseOffset: 0, duplicate: true })
  t.match(send(5, 'zstd'), { baseOffset: 5, duplicate: true })
  t.equal(
    codeOf(() => send(20, 'gzip')),
    codes.OUT_OF_ORDER_SEQUENCE_NUMBER,
  )
  t.end()
})

t.test('a thread gives what the same work here would give, and its errors', async t => {
  const thread = new RecompressionThread()
  t.teardown(() => thread.stop())
  const config = configOf({ compressionType: 'zstd' })
  const batch = buildBatch({ records: records(2_000) })
  const [given, here] = [await thread.run(batch, config, startMs), validateClientRecords(batch, config, startMs)]
  t.ok(given.equals(here))
  const compacted = configOf({ compressionType: 'zstd', cleanupPolicy: ['compact'] })
  await t.rejects(thread.run(batch, compacted, startMs), RecordValidationError)
  const damaged = Buffer.from(batch)
  damaged[100] ^= 1
  await t.rejects(thread.run(damaged, config, startMs), { code: codes.CORRUPT_MESSAGE })
  const waiting = t.rejects(thread.run(batch, config, startMs), { code: codes.UNKNOWN_SERVER_ERROR })
  await thread.stop()
  await waiting
  t.ok((await thread.run(batch, config, startMs)).equals(here), 'it begins again')
})
