/**
 * Which connections have answers to send. Answers that come up within one callback leave when it ends, those of one connection by
 * one write: without a tick (see ARCHITECTURE.md for what that costs) where somebody knows the end of the callback.
 */
import { nextTick } from '../base/clock.ts'
import { Queue } from '../base/queue.ts'

/** Who has something to send. */
export interface Sender {
  /** Sends what there is by now. */
  flushDue(): void
}

export class Outbox {
  /** Number of the callback that runs now; 0 where none is known of. */
  callback = 0
  #lastCallback = 0
  readonly #due = new Queue<Sender>()
  #expected = false

  /** Has the sender called once: at the end of the outermost `gather` that runs now, or by the next tick. */
  add(sender: Sender): void {
    this.#due.push(sender)
    if (this.callback !== 0 || this.#expected) return
    this.#expected = true
    nextTick(flushExpected, this)
  }

  /** Runs a callback, and has sent what came up in it. */
  gather(run: () => void): void {
    if (this.callback !== 0) {
      run()
      return
    }
    this.callback = ++this.#lastCallback
    try {
      run()
    } finally {
      try {
        this.#flush()
      } finally {
        this.callback = 0
      }
    }
  }

  static flushExpected(outbox: Outbox): void {
    outbox.#expected = false
    outbox.#flush()
  }

  /** Includes what comes up meanwhile. */
  #flush(): void {
    for (let sender = this.#due.shift(); sender; sender = this.#due.shift()) sender.flushDue()
  }
}

const { flushExpected } = Outbox
