/** Which memory connections are given: what is quick to sum up first, and that it comes back. */
import t from 'tap'
import { type Slab, Slabs, scratchBytes, slabBytes } from '../../lib/server/slabs.ts'

/** Leases a slab as a reader does, and holds it for a request. */
function leased(slabs: Slabs, bytes: number): Slab {
  const slab = slabs.lease(bytes)
  slabs.retain(slab)
  return slab
}

t.test(
  'slabs of one memory are used again and again, however many were spare, and others come when there are no more',
  async t => {
    const slabs = new Slabs()
    const seen = new Set<Slab>()
    let summedFirst = 0
    for (let round = 0; round < 5; round++) {
      const held = Array.from({ length: 16 }, () => leased(slabs, slabBytes))
      t.equal(new Set(held).size, 16, 'one for each')
      const summed = held.filter(({ isSummed }) => isSummed).length
      if (round === 0) summedFirst = summed
      t.equal(summed, summedFirst)
      t.ok(held[0]!.isSummed && !held[15]!.isSummed, 'those that are quick to sum up are the first to be leased')
      for (const slab of held) {
        seen.add(slab)
        slab.buffer.fill(round)
        slabs.giveBack(slab, slabBytes)
      }
      for (const slab of held) slabs.release(slab)
    }
    t.equal([...seen].filter(({ isSummed }) => isSummed).length, summedFirst)
    const memory = [...seen].find(({ isSummed }) => isSummed)!.buffer.buffer
    t.ok([...seen].every(({ buffer, isSummed }) => (buffer.buffer === memory) === isSummed))
  },
)

t.test('a slab that somebody may keep views of is not used again', async t => {
  const slabs = new Slabs()
  const kept = leased(slabs, slabBytes)
  kept.pinned = true
  slabs.giveBack(kept, slabBytes)
  slabs.release(kept)
  t.not(slabs.lease(slabBytes), kept)
})

t.test('small requests make no memory that is quick to sum up, larger ones do, and have it from then on', async t => {
  const slabs = new Slabs()
  const first = slabs.small(100)
  t.equal(first.isSummed, false)
  t.equal(slabs.small(1000), first)
  const summed = slabs.small(scratchBytes)
  t.equal(summed.isSummed, true)
  t.equal(slabs.small(scratchBytes), summed)
  t.equal(slabs.small(10), summed)
})

t.test('chunks come back too, and where all are in use there are others', async t => {
  const slabs = new Slabs()
  const fill = (count: number) =>
    Array.from({ length: count }, () => {
      const chunk = slabs.small(scratchBytes)
      slabs.retain(chunk)
      chunk.at = chunk.buffer.length
      return chunk
    })
  let summedFirst = 0
  for (let round = 0; round < 3; round++) {
    const chunks = fill(9)
    t.equal(new Set(chunks).size, 9)
    const summed = chunks.filter(({ isSummed }) => isSummed).length
    if (round === 0) summedFirst = summed
    t.equal(summed, summedFirst)
    t.ok(summed > 0 && summed < 9)
    for (const chunk of chunks) slabs.release(chunk)
  }
})

t.test('a chunk that is as good as can be had is filled before there is another', async t => {
  const slabs = new Slabs()
  let plain = slabs.small(scratchBytes)
  for (; plain.isSummed; plain = slabs.small(scratchBytes)) {
    slabs.retain(plain)
    plain.at = plain.buffer.length
  }
  plain.at += scratchBytes
  t.equal(slabs.small(scratchBytes), plain)
})

t.test('servers of a process share one memory that is quick to sum up, and give it back', async t => {
  const memories = new Set<ArrayBufferLike>()
  for (let server = 0; server < 40; server++) {
    const slabs = new Slabs()
    const slab = leased(slabs, slabBytes)
    t.ok(slab.isSummed, `server ${server}`)
    memories.add(slab.buffer.buffer)
    slabs.giveBack(slab, slabBytes)
    slabs.release(slab)
    slabs.close()
  }
  t.equal(memories.size, 1)
})

t.test('what something may still refer to when its server stops is given to nobody', async t => {
  const slabs = new Slabs()
  const held = leased(slabs, slabBytes)
  slabs.giveBack(held, slabBytes)
  slabs.close()
  const next = new Slabs()
  for (let count = 0; count < 16; count++) t.not(next.lease(slabBytes).buffer.byteOffset, held.buffer.byteOffset)
})
