/** Turns of the event loop for those who turn a clock by hand. */
import { offLoopDone } from '../lib/base/off-loop.ts'

/**
 * Promises that can be settled are, and what waits for them has run. What is done beside the loop, in the machine's own time, is done first: how
 * long it takes must neither show in what happens nor use up a deadline.
 */
export async function turnOfTheLoop(): Promise<void> {
  for (;;) {
    await new Promise(resolve => setImmediate(resolve))
    const done = offLoopDone()
    if (done === null) return
    await done
  }
}
