/** Slices that all long work of one event loop shares. */
import t from 'tap'
import { SharedSlices } from '../../lib/base/shared-slices.ts'
import { ManualClock } from '../../lib/testing/clock.ts'

/** Milliseconds that work has in each of some turns, in each of which others take so long before it. */
async function slicesBeside(othersMs: number, count: number): Promise<number[]> {
  const clock = new ManualClock({ immediates: 'real' })
  const slices = new SharedSlices(clock)
  let isDone = false
  const others = () => {
    clock.advance(othersMs)
    if (!isDone) setImmediate(others)
  }
  const found: number[] = []
  await slices.next()
  setImmediate(others)
  for (let turn = 0; turn < 2; turn++) await slices.next()
  for (let turn = 0; turn < count; turn++) {
    let ms = 0
    for (; !slices.isOver; ms++) clock.advance(1)
    found.push(ms)
    await slices.next()
  }
  isDone = true
  return found
}

t.test('work has 5 ms of each turn that is its own', async t => {
  t.same(await slicesBeside(0, 3), [5, 5, 5])
})

t.test('what others take of a turn is taken off it', async t => {
  t.same(await slicesBeside(3, 3), [2, 2, 2])
})

t.test('it gets on where others take all of every turn', async t => {
  t.same(await slicesBeside(100, 3), [1, 1, 1])
})
