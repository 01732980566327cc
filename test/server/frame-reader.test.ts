/** Frames out of shared memory, by a model of how Node reads: where the next bytes go is fixed when the last ones have come. */
import t, { type Test } from 'tap'
import { seededRandom } from '../../lib/base/random.ts'
import { Budget } from '../../lib/server/budget.ts'
import { FrameError, FrameReader } from '../../lib/server/frame-reader.ts'
import { type Slab, Slabs, slabBytes } from '../../lib/server/slabs.ts'
import { crc32c } from '../../protocol/records/crc32c.ts'

const bounds = { frameBytesMin: 8, frameBytesMax: 20_000_000 }

interface Frame {
  readonly slab: Slab | null
  readonly sum: number
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
}

t.test('frames of many connections share slabs, and what somebody keeps is never written over', async t => {
  readMany(t, 11, false)
})

t.test('memory is used again, but not before all that lies in it was answered', async t => {
  for (const seed of [12, 13, 14]) readMany(t, seed, true)
})

function readMany(t: Test, seed: number, reuse: boolean): void {
  const random = seededRandom(seed)
  const slabs = new Slabs()
  const answered: Frame[] = []
  const memory = new Set<Buffer>()
  const connections = Array.from({ length: 40 }, () => {
    const reader = new FrameReader(bounds, slabs)
    // Node asks for a place as soon as the socket is there.
    return {
      reader,
      target: reader.target(false),
      stream: Buffer.alloc(0),
      sums: [] as number[],
      paused: false,
      got: 0,
    }
  })
  const sizes = [0, 10, 300, 3000, 15_000, 17_000, 100_000, 900_000, 2_500_000, 5_000_000]
  const kept: Frame[] = []
  let leasesMax = 0
  for (let step = 0; step < 4_000; step++) {
    const connection = connections[random.int(connections.length)]!
    const { reader } = connection
    if (connection.stream.length === 0) {
      const frames: Buffer[] = []
      for (let i = random.int(20); i >= 0; i--) {
        const body = random.bytes(8)
        const frame = Buffer.alloc(12 + sizes[random.int(random.int(30) === 0 ? sizes.length : 7)]!, body)
        frame.writeInt32BE(frame.length - 4)
        connection.sums.push(crc32c(frame, 4))
        frames.push(frame)
      }
      connection.stream = Buffer.concat(frames)
    }
    if (connection.paused) {
      // What held it up is over: it goes on with what it has, then reads to where it pointed before.
      while (reader.next()) take(connection)
      connection.paused = false
      continue
    }
    const there = random.int(4) === 0 ? connection.stream.length : random.int(200_000)
    const bytes = Math.min(there, connection.target.length, connection.stream.length)
    if (bytes === 0) continue
    connection.stream.copy(connection.target, 0, 0, bytes)
    connection.stream = connection.stream.subarray(bytes)
    reader.filled(bytes)
    connection.paused = random.int(10) === 0
    let left = connection.paused ? random.int(3) : Number.POSITIVE_INFINITY
    while (left-- > 0 && reader.next()) take(connection)
    if (!connection.paused) reader.makeRoom()
    connection.target = reader.target(connection.paused)
    leasesMax = Math.max(leasesMax, slabs.leases)
    if (kept.length > 60) for (const frame of kept.splice(0, 30)) answer(frame)
  }
  for (const frame of kept) answer(frame)
  for (const { reader } of connections) reader.release()
  if (!reuse) for (const frame of answered) check(frame)
  t.equal(leasesMax, 16, 'there were more who wanted a slab than could have one')
  t.equal(slabs.leases, 0)
  t.ok(connections.every(({ got }) => got > 20))
  const slabCount = [...memory].filter(({ length }) => length === slabBytes).length
  t.ok(reuse ? slabCount < 50 : slabCount > 100, `${slabCount} slabs`)

  function take(connection: (typeof connections)[number]): void {
    const { buffer, frameStart, frameEnd } = connection.reader
    connection.reader.consume()
    connection.got++
    const { slab } = connection.reader
    if (slab) {
      slabs.retain(slab)
      slab.pinned ||= !reuse
    }
    memory.add(buffer)
    kept.push({ slab, sum: connection.sums.shift()!, buffer, start: frameStart, end: frameEnd })
  }

  function answer(frame: Frame): void {
    check(frame)
    if (frame.slab) slabs.release(frame.slab)
    if (!reuse) answered.push(frame)
  }

  function check({ sum, buffer, start, end }: Frame): void {
    if (crc32c(buffer, start, end) !== sum) t.fail('a frame was written over')
  }
}

t.test('a frame is read in place, at the end of a slab as well', async t => {
  const slabs = new Slabs()
  const reader = new FrameReader(bounds, slabs)
  let target = reader.target(false)
  const frame = Buffer.alloc(350_000, 1)
  frame.writeInt32BE(frame.length - 4)
  const stream = Buffer.concat(Array.from({ length: 13 }, () => frame))
  const buffers = new Set<Buffer>()
  let frames = 0
  for (let at = 0; at < stream.length; ) {
    const bytes = stream.copy(target, 0, at)
    at += bytes
    reader.filled(bytes)
    for (; reader.next(); frames++) {
      buffers.add(reader.buffer)
      reader.consume()
      // It is not answered.
      slabs.retain(reader.slab!)
    }
    reader.makeRoom()
    target = reader.target(false)
  }
  t.equal(frames, 13)
  t.equal(buffers.size, 3, 'five or six to a slab of 2 MiB')
})

t.test('requests with batches lie where checksums are quick to have, by how many reads ever', async t => {
  const slabs = new Slabs()
  for (const bytes of [3000, 16_500, 100_000, 1_000_000]) {
    const reader = new FrameReader(bounds, slabs)
    const frame = Buffer.alloc(bytes, 1)
    frame.writeInt32BE(frame.length - 4)
    for (let at = 0, target = reader.target(false); at < bytes; target = reader.target(false)) {
      const came = frame.copy(target, 0, at)
      at += came
      reader.filled(came)
      if (at < bytes) reader.makeRoom()
    }
    t.ok(reader.next())
    t.equal(reader.slab?.isSummed, true, `${bytes} bytes`)
    t.ok(reader.buffer.subarray(reader.frameStart, reader.frameEnd).equals(frame.subarray(4)))
    reader.release()
  }
})

t.test('what comes alone of a larger frame is put where the rest of it will be read', async t => {
  for (const [bytes, isLeased] of [
    [16_500, true],
    [2_000_000, true],
    [3_000_000, false],
    [bounds.frameBytesMax + 1, false],
  ] as const) {
    const slabs = new Slabs()
    const reader = new FrameReader(bounds, slabs)
    const target = reader.target(false)
    target.writeInt32BE(bytes)
    reader.filled(16 * 1024)
    t.equal(slabs.leases, isLeased ? 1 : 0, `${bytes} bytes`)
    t.equal(reader.buffer.length === slabBytes, isLeased)
    if (isLeased) {
      reader.makeRoom()
      const { buffer } = reader
      t.equal(reader.target(false).byteOffset, buffer.byteOffset + 16 * 1024)
    }
    reader.release()
    t.equal(slabs.leases, 0)
  }
})

/** How Node reads where hands are shaken: records one by one, each in as many reads as the memory that it is given has room for. */
function readsOf(
  reader: FrameReader,
  stream: Buffer,
  records: readonly number[],
  taken: (frame: Buffer) => void,
): number {
  let reads = 0
  let at = 0
  let target = reader.target(false)
  for (const bytes of records) {
    for (const end = at + bytes; at < end; reads++) {
      const came = stream.copy(target, 0, at, end)
      at += came
      reader.filled(came)
      while (reader.next()) {
        taken(reader.buffer.subarray(reader.frameStart, reader.frameEnd))
        reader.consume()
      }
      reader.makeRoom()
      target = reader.target(false)
    }
  }
  return reads
}

t.test('a record of TLS is read whole, wherever in it requests of up to some 16 KB begin and end', async t => {
  const random = seededRandom(5)
  const recordBytesMax = 16 * 1024
  for (const frameBytes of [1500, 4096, 9000, 15_640, 16_384, 16_500]) {
    const stream = random.bytes(5 * frameBytes)
    for (let at = 0; at < stream.length; at += frameBytes) stream.writeInt32BE(frameBytes - 4, at)
    const full = Array.from({ length: Math.floor(stream.length / recordBytesMax) }, () => recordBytesMax)
    const joined = [...full, stream.length % recordBytesMax].filter(bytes => bytes > 0)
    // As Java's clients send what stands before the records of a batch.
    const headsFirst = Array.from({ length: 5 }, () => [100, Math.min(recordBytesMax, frameBytes - 100)]).flat()
    for (const records of frameBytes - 100 > recordBytesMax ? [joined] : [joined, headsFirst]) {
      const slabs = new Slabs()
      const reader = new FrameReader(bounds, slabs)
      const frames: Buffer[] = []
      const reads = readsOf(reader, stream, records, frame => frames.push(Buffer.from(frame)))
      t.equal(reads, records.length, `${frameBytes} bytes in records of ${records[0]} bytes`)
      t.equal(frames.length, 5)
      t.ok(frames.every((frame, i) => frame.equals(stream.subarray(i * frameBytes + 4, (i + 1) * frameBytes))))
      t.equal(slabs.leases, 0)
    }
  }
})

t.test('room for an unfinished frame grows with what has come', async t => {
  const reader = new FrameReader(bounds, null)
  const size = Buffer.alloc(4)
  size.writeInt32BE(10_000_000)
  reader.push(size)
  let wanted = 0
  for (let come = 4; come < 10_000_004; ) {
    t.notOk(reader.next())
    wanted = reader.wants()
    t.ok(wanted <= 2 * come, `${wanted} for ${come}`)
    reader.makeRoom()
    const bytes = Buffer.alloc(Math.min(65_536, 10_000_004 - come))
    come += bytes.length
    reader.push(bytes)
  }
  t.ok(reader.next())
  t.equal(reader.frameEnd - reader.frameStart, 10_000_000)
  reader.consume()
  reader.makeRoom()
  t.equal(reader.ownBytes, 0)
})

t.test('a size out of bounds is refused as soon as it is there', async t => {
  for (const size of [-1, 0, 7, 20_000_001, -(2 ** 31)]) {
    const reader = new FrameReader(bounds, null)
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(size)
    reader.push(bytes.subarray(0, 3))
    t.notOk(reader.next())
    reader.push(bytes.subarray(3))
    t.throws(() => reader.next(), FrameError)
  }
})

t.test('a budget serves its line in order, and never leaves everybody waiting', async t => {
  const budget = new Budget(() => 100)
  const granted: string[] = []
  const claim = (name: string, bytes: number, stuckBytes = 0) => ({
    bytes,
    stuckBytes,
    granted: () => granted.push(name),
  })
  t.ok(budget.claim(claim('alone, larger than all', 500)))
  const [b, c, d] = [claim('b', 60), claim('c', 60), claim('d', 10)]
  t.notOk(budget.claim(b))
  t.notOk(budget.claim(c))
  t.notOk(budget.claim(d))
  t.equal(budget.waiting, 3)
  budget.giveBack(500)
  t.same(granted, ['b'], 'd would fit, but c is before it')
  budget.abandon(c)
  t.same(granted, ['b', 'd'])
  t.equal(budget.taken, 70)
  budget.giveBack(70)

  budget.take(40)
  budget.take(40)
  t.notOk(budget.claim(claim('first', 40, 40)))
  t.ok(budget.claim(claim('second', 40, 40)) || granted.includes('first'), 'both hold what the other waits for')
})
