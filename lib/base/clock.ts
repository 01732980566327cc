/** Time and the event loop's turns, as the broker is given them; the one place where real timers are made. */
import performanceHooks from 'node:perf_hooks'
import timers from 'node:timers'

/** Something that was asked to happen later and can be called off. Calling it off twice, or too late, does nothing. */
export interface Timer {
  cancel(): void
}

/** Where the broker gets its time from. Tests hand in one that stands still until it is turned. */
export interface Clock {
  /** Milliseconds since 1970, as records and logs carry them. May jump when somebody sets the machine's time. */
  now(): number
  /** Milliseconds since some moment; never goes back, so durations are measured by it. Has a fraction. */
  monotonicMs(): number
  /** Runs `run` once, no sooner than `delayMs` from now (0 where that is in the past). */
  schedule(delayMs: number, run: () => void): Timer
  /** Runs `run` once at the end of this turn of the event loop, after every socket that is readable now was read. */
  immediate(run: () => void): void
}

/**
 * The two times of a broker. `broker` is what users of the test-kit turn: retention, compaction, sessions of members, transactions, the time of
 * day of records. `wire` is the machine's: idle connections, waits of Fetch and Produce, throttling, slices of long work, stopping. So a turned
 * broker clock closes no connection, and a frozen one lets Fetch wait and return.
 */
export interface Clocks {
  readonly broker: Clock
  readonly wire: Clock
}

/**
 * As they are when this is loaded, and Node's where it has them in modules: a test framework may put others in their place for the code
 * under test (fake timers), or a browser's (jsdom).
 */
const { clearTimeout, setImmediate, setTimeout } = timers
const { performance } = performanceHooks
const { Date: SystemDate } = globalThis

/** The longest delay that the platform's timers take: beyond it they fire at once. */
const timerDelayMaxMs = 2 ** 31 - 1

class SystemTimer implements Timer {
  #handle: NodeJS.Timeout
  #delayMs: number
  readonly #run: () => void

  constructor(delayMs: number, run: () => void) {
    this.#delayMs = Math.max(0, delayMs)
    this.#run = run
    this.#handle = this.#start()
  }

  #start(): NodeJS.Timeout {
    const partMs = Math.min(this.#delayMs, timerDelayMaxMs)
    this.#delayMs -= partMs
    return setTimeout(() => this.#fired(), Math.ceil(partMs))
  }

  #fired(): void {
    if (this.#delayMs > 0) this.#handle = this.#start()
    else this.#run()
  }

  cancel(): void {
    clearTimeout(this.#handle)
  }
}

/** Runs `run` once the code that runs now has returned, before anything else that waits. */
export function nextTick<T>(run: (argument: T) => void, argument: T): void {
  process.nextTick(run, argument)
}

/** Milliseconds since this process began. */
export function sinceProcessStartMs(): number {
  return performance.now()
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => SystemDate.now(),
  monotonicMs: () => performance.now(),
  schedule: (delayMs, run) => new SystemTimer(delayMs, run),
  immediate: run => {
    setImmediate(run)
  },
}

/** The machine's own time for both. */
export const systemClocks: Clocks = { broker: systemClock, wire: systemClock }
