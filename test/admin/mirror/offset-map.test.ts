/** Offsets of the original in terms of the copy: exact where they are known, and never behind what a reader has not read. */
import t from 'tap'
import { OffsetMap } from '../../../lib/admin/mirror/offset-map.ts'
import { seededRandom } from '../../../lib/base/random.ts'

t.test('stretches without a gap are one', async t => {
  const map = new OffsetMap()
  t.equal(map.targetOf(0), null)
  map.add(0, 0, 10)
  map.add(10, 10, 5)
  t.same(map.stretches, [[0, 0, 15]])
  map.add(17, 15, 3)
  t.same(
    [0, 14, 15, 16, 17, 19, 20, 99].map(source => map.targetOf(source)),
    [0, 14, 15, 15, 15, 17, 18, 18],
  )
})

t.test('no reader is brought behind a record that it has not read, with whatever gaps and repetitions', async t => {
  for (let seed = 0; seed < 40; seed++) {
    const random = seededRandom(seed)
    const first = random.int(50)
    /** By offset of the copy: the offset of the original that lies there. */
    const copy: number[] = []
    let map = new OffsetMap()
    let source = first
    for (let step = 0; step < 200; step++) {
      if (random.int(10) === 0) source += 1 + random.int(3)
      const length = 1 + random.int(4)
      map.add(source, copy.length, length)
      for (let index = 0; index < length; index++) copy.push(source + index)
      source += length
      if (random.int(30) === 0) {
        // A crash: what was copied last is copied again.
        map = new OffsetMap(JSON.parse(JSON.stringify(map.stretches)))
        source = copy[Math.max(0, copy.length - 1 - random.int(6))]!
      }
    }
    t.ok(map.stretches.length <= 64)
    for (let at = first; at <= source; at++) {
      const target = map.targetOf(at)!
      // All that the reader has not read lies somewhere from there on.
      const missing = new Set(copy.filter(each => each >= at))
      for (const each of copy.slice(target)) missing.delete(each)
      if (missing.size > 0) t.fail(`seed ${seed}: ${at} is brought to ${target} and misses ${[...missing]}`)
    }
  }
})
