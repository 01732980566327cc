/** What batches and their records may come to once they are decompressed. */
import t from 'tap'
import { codes } from '../../protocol/errors.ts'
import type { Codec } from '../../protocol/records/compression.ts'
import { batchOf, codeOf, LogFixture } from './fixture.ts'

t.test('decompression stops at its bound', async t => {
  const fixture = new LogFixture({ decompressedBatchBytesMax: 10_000 })
  const bomb = batchOf(['0'.repeat(1_000_000)], { compression: 'gzip' })
  t.not(
    codeOf(() => fixture.append(bomb)),
    codes.NONE,
  )
  fixture.append(batchOf(['0'.repeat(9_000)], { compression: 'gzip' }))
})

t.test(
  'a record of a compressed batch may have as many bytes as max.decompressed.message.bytes, its batch more',
  async t => {
    // Beside its value a record of these lengths has seven bytes, its own length not counted.
    const fixture = new LogFixture({ maxDecompressedMessageBytes: 1_000 })
    const send = (lengths: readonly number[], compression: Codec) =>
      codeOf(() =>
        fixture.append(
          batchOf(
            lengths.map(length => '0'.repeat(length)),
            { compression, key: null },
          ),
        ),
      )
    for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
      t.equal(send([500, 500, 500], codec), codes.NONE, `${codec}: a batch`)
      t.equal(send([993], codec), codes.NONE, `${codec}: the longest record`)
      t.equal(send([994], codec), codes.INVALID_RECORD, `${codec}: one byte more`)
      t.equal(send([500, 2_000, 500], codec), codes.INVALID_RECORD, `${codec}: the second of three`)
    }
    t.equal(send([2_000], 'none'), codes.NONE, 'not compressed')
  },
)
