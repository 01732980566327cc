/** What a fetched batch is sent as. */
import t from 'tap'
import { copiedBatches } from '../../../lib/admin/mirror/copied-batch.ts'
import { producedBy } from '../../../lib/client/produced-by.ts'
import { type BatchOptions, buildBatch, readRecords, walkRecords } from '../../../protocol/records/batch.ts'
import { checkCrc, headerBytes, producerId } from '../../../protocol/records/header.ts'

const record = (offset: number) => ({
  ...{ offset, timestamp: 1_000 + offset, key: Buffer.from(`k${offset}`), value: Buffer.from(`v${offset}`) },
  headers: [{ key: 'h', value: Buffer.from('x') }],
})

function fetched(options: Partial<BatchOptions> & Pick<BatchOptions, 'records'>, fromOffset = 0) {
  const bytes = buildBatch({ partitionLeaderEpoch: 3, ...options })
  return { topic: 't', partition: 0, bytes, at: 0, fromOffset, nextOffset: 0, highWatermark: 0 }
}

t.test('a dense batch goes on byte for byte, but for who sends it', async t => {
  for (const compression of ['none', 'gzip', 'zstd', 'lz4', 'snappy'] as const) {
    const batch = fetched({
      ...{ records: [5, 6, 7].map(record), compression, producerId: 9, producerEpoch: 1, baseSequence: 4 },
      isTransactional: true,
    })
    const [copied, ...more] = copiedBatches(batch)
    t.same([copied!.source, copied!.count, more.length], [5, 3, 0])
    const sent = producedBy(copied!.bytes, 77, 2, 0, false)
    t.ok(checkCrc(sent, 0))
    t.equal(producerId(sent, 0), 77)
    t.same(sent.subarray(headerBytes), batch.bytes.subarray(headerBytes))
    t.same(
      readRecords(sent, 0).map(({ offset }) => offset),
      [0, 1, 2],
    )
  }
})

t.test('where compaction has left gaps, dense batches are made', async t => {
  const records = [5, 6, 9, 12, 13].map(record)
  const copied = copiedBatches(fetched({ records, baseOffset: 4, lastOffset: 15, compression: 'gzip' }))
  t.same(
    copied.map(({ source, count }) => [source, count]),
    [
      [5, 2],
      [9, 1],
      [12, 2],
    ],
  )
  const keys = copied.flatMap(({ bytes }) => {
    walkRecords(bytes, 0)
    return readRecords(bytes, 0).map(({ key, timestamp, headers }) => [String(key), timestamp, headers[0]!.key])
  })
  t.same(
    keys,
    records.map(({ key, timestamp }) => [String(key), timestamp, 'h']),
  )
})

t.test(
  'records before the position stay behind, and times that a broker has set become those of the records',
  async t => {
    const late = fetched({ records: [5, 6, 7].map(record), timestampType: 'LogAppendTime', maxTimestamp: 9_999 }, 6)
    const [copied] = copiedBatches(late)
    t.same([copied!.source, copied!.count], [6, 2])
    t.same(
      readRecords(copied!.bytes, 0).map(({ timestamp }) => timestamp),
      [9_999, 9_999],
    )
    t.same(copiedBatches(fetched({ records: [], baseOffset: 5, lastOffset: 8 })), [])
  },
)
