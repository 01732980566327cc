/** Long work in pieces: how long others wait for their turn. */
import t from 'tap'
import { Slices } from '../../../lib/partitions/upkeep/slices.ts'
import { Timetable } from '../../../lib/partitions/waiting/timetable.ts'
import { ManualClock } from '../../../lib/testing/clock.ts'

t.test('many lists that come at once hold up others no longer than one, and each is done', async t => {
  const clock = new ManualClock()
  // Each item takes two milliseconds.
  let workMs = 0
  const slow = {
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs() + workMs,
    schedule: (delayMs: number, run: () => void) => clock.schedule(delayMs, run),
    immediate: (run: () => void) => clock.immediate(run),
  }
  const slices = new Slices(slow, new Timetable(slow))
  const lists = Array.from({ length: 20 }, (_, list) => ({ list, left: 5 }))
  let isDone = 0
  const pieces: number[] = []
  let items = 0
  const work = () => {
    items++
    workMs += 2
  }
  for (const { left } of lists) slices.run(Array.from({ length: left }), work, () => isDone++)
  pieces.push(items)
  for (let turns = 0; isDone < lists.length && turns < 1_000; turns++) {
    // The work took its time.
    clock.advance(workMs)
    workMs = 0
    const before = items
    clock.advance(1)
    if (items > before) pieces.push(items - before)
  }
  t.equal(isDone, lists.length)
  t.equal(items, 100)
  t.ok(Math.max(...pieces) <= 3, `items in one turn: ${pieces}`)
  await slices.idle()
})
