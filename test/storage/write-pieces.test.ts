/** Bytes that go to a file in pieces: all of them, in order, by few calls. */
import fs from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { seededRandom } from '../../lib/base/random.ts'
import { writePieces } from '../../storage/files.ts'

const pieceBytes = 64 * 1024

/** A new file, and the calls that write to it. */
function watchedFile(t: Test): { fd: number; content: () => Buffer; calls: { at: number; bytes: number }[] } {
  const path = join(t.testdir(), 'file')
  const fd = fs.openSync(path, 'w+')
  t.teardown(() => fs.closeSync(fd))
  const calls: { at: number; bytes: number }[] = []
  const { writeSync, writevSync } = fs
  t.intercept(fs, 'writeSync', {
    value: (file: number, buffer: Buffer, start: number, bytes: number, at: number) => {
      const written = writeSync(file, buffer, start, bytes, at)
      calls.push({ at, bytes: written })
      return written
    },
  })
  t.intercept(fs, 'writevSync', {
    value: (file: number, buffers: Buffer[], at: number) => {
      const written = writevSync(file, buffers, at)
      calls.push({ at, bytes: written })
      return written
    },
  })
  return { fd, content: () => fs.readFileSync(path), calls }
}

t.test('buffers of any sizes, empty ones too, come into the file one behind the other', async t => {
  const random = seededRandom(31)
  const { fd, content } = watchedFile(t)
  const sizes = [0, 1, 70, 5000, 16_400, pieceBytes - 1, pieceBytes, pieceBytes + 1, 131_000, 400_000]
  let written = Buffer.alloc(0)
  for (let round = 0; round < 60; round++) {
    const buffers = Array.from({ length: 1 + random.int(12) }, () => random.bytes(sizes[random.int(sizes.length)]!))
    writePieces(fd, buffers, written.length)
    written = Buffer.concat([written, ...buffers])
  }
  t.ok(content().equals(written))
})

t.test('what is more than a piece is cut where the file’s pieces end, not where buffers do', async t => {
  const { fd, calls } = watchedFile(t)
  const buffers = Array.from({ length: 4 }, () => Buffer.alloc(131_000))
  writePieces(fd, buffers, 1000)
  const end = 1000 + 4 * 131_000
  t.same(
    calls.map(({ at }) => at),
    [1000, ...Array.from({ length: Math.floor(end / pieceBytes) }, (_, piece) => (piece + 1) * pieceBytes)],
  )
})

t.test('what is no more than a piece is written by one call', async t => {
  const { fd, calls } = watchedFile(t)
  writePieces(fd, [Buffer.alloc(30_000), Buffer.alloc(30_000)], 50_000)
  writePieces(fd, [Buffer.alloc(60_000)], 110_000)
  t.same(calls, [
    { at: 50_000, bytes: 60_000 },
    { at: 110_000, bytes: 60_000 },
  ])
})

t.test('after a short write the rest follows', async t => {
  const { fd, content } = watchedFile(t)
  const { writevSync, writeSync } = fs
  t.intercept(fs, 'writevSync', {
    value: (file: number, [first]: Buffer[], at: number) => writevSync(file, [first!.subarray(0, 10)], at),
  })
  t.intercept(fs, 'writeSync', {
    value: (file: number, buffer: Buffer, start: number, bytes: number, at: number) =>
      writeSync(file, buffer, start, Math.min(bytes, 1000), at),
  })
  const buffers = [1, 2, 3].map(byte => Buffer.alloc(40_000, byte))
  writePieces(fd, buffers, 0)
  t.ok(content().equals(Buffer.concat(buffers)))
})
