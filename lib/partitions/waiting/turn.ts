/**
 * The end of the event loop's turn: all appends of the turn are written, and only then is everybody who waited for them
 * looked after, so that one look finds what all partitions gained in the turn.
 */
import type { Clock } from '../../base/clock.ts'

/** Something to be done once the writes of a turn are done. */
export interface TurnTask {
  endOfTurn(): void
}

/** Collects a turn's writes and what follows from them; one wake-up of the event loop for all of it. */
export class Turn {
  readonly #clock: Clock
  #writes: (() => void)[] = []
  #tasks: TurnTask[] = []
  #expected = false
  readonly #run: () => void

  /** `around` is given what is done at the end of each turn, to run it: for who wants to know what came of it. */
  constructor(clock: Clock, around: (end: () => void) => void = end => end()) {
    this.#clock = clock
    const end = () => this.#end()
    this.#run = () => around(end)
  }

  /** Runs `write` once at the end of this turn. A property, so that it can be handed to logs as it is. */
  readonly schedule = (write: () => void): void => {
    this.#writes.push(write)
    this.#expect()
  }

  /** Runs `task` once, after this turn's writes. */
  after(task: TurnTask): void {
    this.#tasks.push(task)
    this.#expect()
  }

  #expect(): void {
    if (this.#expected) return
    this.#expected = true
    this.#clock.immediate(this.#run)
  }

  #end(): void {
    // What is asked for from here on belongs to the next turn, except for tasks that the writes themselves give rise to.
    const writes = this.#writes
    this.#writes = []
    for (const write of writes) write()
    const tasks = this.#tasks
    this.#tasks = []
    this.#expected = false
    if (this.#writes.length > 0) this.#expect()
    for (const task of tasks) task.endOfTurn()
  }
}
