/** Long work in pieces: how long others wait for their turn. */
import t from 'tap'
import { slicesOf } from '../../../lib/base/shared-slices.ts'
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

t.test('beside other long work, such as figures that are written, a turn has one slice, and both get on', async t => {
  const clock = new ManualClock()
  const [slices, shared] = [new Slices(clock, new Timetable(clock)), slicesOf(clock)]
  let [items, figures, msMax] = [0, 0, 0]
  let hasRoom = () => {}
  const work = (): void => clock.pass(1)
  const figuresWritten = async (count: number) => {
    for (let i = 0; i < count; i++) {
      if (shared.isOver) await shared.next()
      work()
      figures++
      // As where the client has yet to take what was written.
      if (i % 7 === 0) await new Promise<void>(resolve => (hasRoom = resolve))
    }
  }
  /** What sockets bring, work for the end of the turn, and timers that are due. */
  const turn = async (read: () => unknown = () => hasRoom()) => {
    const begunMs = clock.monotonicMs()
    read()
    await settled()
    for (let held = clock.heldImmediates; held > 0; held--) {
      clock.runOneImmediate()
      await settled()
    }
    clock.holdUp(0)
    await settled()
    msMax = Math.max(msMax, clock.monotonicMs() - begunMs)
    // Time in which nothing is to do; the loop does not wait for it where something is.
    if (clock.heldImmediates === 0) clock.pass(1)
  }
  let isWritten = false
  await turn(() => figuresWritten(400).then(() => (isWritten = true)))
  let isDone = false
  await turn(() =>
    slices.run(
      Array.from({ length: 60 }),
      () => {
        work()
        items++
      },
      () => (isDone = true),
    ),
  )
  await turn()
  t.ok(figures > 0 && !isWritten)
  let turns = 0
  for (; !isDone && turns < 100; turns++) await turn()
  t.ok(isDone && !isWritten && turns <= 80, `${items} done by turn ${turns}, and ${figures}`)
  for (; !isWritten && turns < 300; turns++) await turn()
  t.ok(isWritten)
  t.equal(msMax, 5)
})

const settled = () => new Promise(resolve => setImmediate(resolve))
