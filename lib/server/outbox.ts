/**
 * The connections that have answers to send. Answers that are given within one callback are sent when it ends, those of one connection by
 * one write. Where a callback runs in `gather`, that needs no `process.nextTick`, which BENCHMARKS.md has the cost of.
 */
import { nextTick } from '../base/clock.ts'
import { Queue } from '../base/queue.ts'

/** A connection with something to send. */
export interface Sender {
  /** Sends what is queued by now. */
  flushDue(): void
}

export class Outbox {
  /** Number of the callback that runs in `gather`; 0 where none does. */
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

  /** Runs a callback, and sends the answers that were given in it. */
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

  /** Includes answers that are given meanwhile. */
  #flush(): void {
    for (let sender = this.#due.shift(); sender; sender = this.#due.shift()) sender.flushDue()
  }
}

const { flushExpected } = Outbox
