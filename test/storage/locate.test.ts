/** Records as their place in a file: the same batches as a read gives, and a file that stays open as long as it is needed. */
import fs from 'node:fs'
import t from 'tap'
import { seededRandom } from '../../lib/base/random.ts'
import type { Chunk } from '../../protocol/records/chunk.ts'
import { diskFiles, memoryFiles } from '../../storage/files.ts'
import type { ReadResult } from '../../storage/read-result.ts'
import { batchOf, LogFixture } from './fixture.ts'

const taker = { takesFiles: () => true }

/** The bytes of a read, wherever they lie. */
function bytesOf(result: ReadResult<Chunk>): Buffer {
  const parts = result.records.map(chunk => {
    if (Buffer.isBuffer(chunk)) return chunk
    const bytes = Buffer.alloc(chunk.length)
    // Half of it at a time, as a sender would that is held up.
    const half = Math.floor(chunk.length / 2)
    chunk.read(bytes, half, 0)
    const rest = Buffer.alloc(chunk.length - half)
    chunk.read(rest, rest.length, half)
    rest.copy(bytes, half)
    return bytes
  })
  return Buffer.concat(parts)
}

t.test('a place in a file holds the batches that a read gives, whatever is asked for', async t => {
  const random = seededRandom(11)
  const config = { segmentBytes: 1_500_000, indexIntervalBytes: 4096, maxMessageBytes: 1_400_000 }
  const fixture = new LogFixture(config, diskFiles, `${t.testdir()}/t-0`)
  const sizes = [10, 300, 5_000, 40_000, 300_000]
  for (let i = 0; i < 600; i++) {
    const size = random.int(sizes[Math.min(random.int(8), 4)]!)
    fixture.append(batchOf(Array.from({ length: 1 + random.int(4) }, () => 'v'.repeat(size))))
    if (random.int(3) === 0) fixture.turn()
  }
  fixture.turn()
  const { log } = fixture
  let inFiles = 0
  for (let i = 0; i < 3_000; i++) {
    const offset = random.int(log.logEndOffset)
    const limits = {
      maxBytes: random.int([1_000, 30_000, 100_000, 2_000_000][random.int(4)]!),
      maxOffset: random.int(3) === 0 ? offset + random.int(40) : log.logEndOffset,
      minOneMessage: random.int(2) === 0,
    }
    let next = offset
    // The second read of each goes on where the first ended, as a consumer does.
    for (let turn = 0; turn < 2 && next < log.logEndOffset; turn++) {
      const read = log.read(next, limits)
      const located = log.read(next, { ...limits, taker })
      const what = `${next} ${JSON.stringify(limits)}`
      if (located.records.some(chunk => !Buffer.isBuffer(chunk))) inFiles++
      if (located.sizeInBytes !== read.sizeInBytes) t.fail(`${located.sizeInBytes}, not ${read.sizeInBytes}: ${what}`)
      if (located.endOffset !== read.endOffset) t.fail(`ends at ${located.endOffset}, not ${read.endOffset}: ${what}`)
      if (!bytesOf(located).equals(bytesOf(read))) t.fail(`other bytes: ${what}`)
      if (read.endOffset > 0) next = read.endOffset
      read.release()
      located.release()
    }
  }
  t.ok(inFiles > 1_000, `${inFiles} of the reads were places in files`)
  await log.close()
})

t.test('a file stays open while a part of it is being sent, whatever becomes of its log', async t => {
  const fixture = new LogFixture({}, diskFiles, `${t.testdir()}/t-0`)
  for (let i = 0; i < 10; i++) fixture.append(batchOf(['v'.repeat(10_000)]))
  fixture.turn()
  const expected = bytesOf(fixture.log.read(0, { maxBytes: 100_000, maxOffset: 10, minOneMessage: true }))
  const located = fixture.log.read(0, { maxBytes: 100_000, maxOffset: 10, minOneMessage: true, taker })
  const [chunk] = located.records as Chunk[]
  if (Buffer.isBuffer(chunk) || chunk === undefined) return t.fail('no place in a file')
  await fixture.log.close()
  fs.rmSync(fixture.dir, { recursive: true })
  const bytes = Buffer.alloc(chunk.length)
  fs.readSync(chunk.fd, bytes, 0, chunk.length, chunk.position)
  t.ok(bytes.equals(expected))
  located.release()
  t.throws(() => fs.fstatSync(chunk.fd), { code: 'EBADF' })
})

t.test('little, and what lies in memory, is given as bytes', async t => {
  const everything = { maxBytes: 1_000_000, maxOffset: 1_000, minOneMessage: true, taker }
  const inMemory = new LogFixture({}, memoryFiles())
  const onDisk = new LogFixture({}, diskFiles, `${t.testdir()}/t-0`)
  inMemory.append(batchOf(['v'.repeat(100_000)]))
  inMemory.turn()
  onDisk.append(batchOf(['v'.repeat(10_000)]))
  onDisk.turn()
  t.ok(inMemory.log.read(0, everything).records.every(chunk => Buffer.isBuffer(chunk)))
  t.ok(onDisk.log.read(0, everything).records.every(chunk => Buffer.isBuffer(chunk)))
  await onDisk.log.close()
})
