/** The broker's clock in the hands of a test: frozen, advanced, set and resumed, one after the other. */
import { type Duration, durationMs, type Moment, momentMs } from './durations.ts'
import { checkNames, checkOneOf } from './given.ts'
import { KeptTimers, type SessionEnd } from './kept-timers.ts'
import type { Advanced, AdvanceOptions, ClockState, TestClock } from './options.ts'
import type { TurnableClock } from './turnable-clock.ts'

/** A topic's settings, as far as they have to do with time. */
export interface TimedTopic {
  readonly topic: string
  /** Null where its records are not deleted by their age. */
  readonly retentionMs: number | null
  /** How far behind and ahead of the broker's clock records of clients may be; null where their time is the broker's. */
  readonly beforeMaxMs: number | null
  readonly afterMaxMs: number | null
}

export interface TestClockOptions {
  readonly clock: TurnableClock
  /** Resolves once all that could be done was done, and was answered. */
  readonly settled: () => Promise<void>
  readonly isConnected: (timer: SessionEnd) => boolean
  readonly topics: () => readonly TimedTopic[]
}

/** Topics that are named in one warning. */
const namedMax = 5
/** Clocks that differ by less are the same to clients. */
const aheadMsMin = 60_000

/** See the head of the file. */
export class TurnedClock implements TestClock {
  readonly #options: TestClockOptions
  readonly #groups = new Set<WeakRef<KeptTimers>>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: TestClockOptions) {
    this.#options = options
  }

  /** The timers of one more coordinator of groups. */
  readonly timersOfGroups = (): KeptTimers => {
    const { clock, isConnected } = this.#options
    const timers = new KeptTimers({ isKept: isConnected, monotonicMs: () => clock.monotonicMs() })
    for (const each of this.#groups) if (each.deref() === undefined) this.#groups.delete(each)
    this.#groups.add(new WeakRef(timers))
    return timers
  }

  get state(): ClockState {
    const { clock } = this.#options
    return { now: clock.now(), frozen: clock.isFrozen, warnings: this.#warnings() }
  }

  /** Has it stand still, at this time of day where one is given. */
  async freeze(at?: Moment): Promise<ClockState> {
    const ms = at === undefined ? undefined : momentMs(at)
    return this.#next(() => {
      this.#options.clock.freeze()
      if (ms !== undefined) this.#options.clock.set(ms)
      return this.state
    })
  }

  /** Sets the time of day. What waits for so many seconds goes on waiting for them. */
  async set(to: Moment): Promise<ClockState> {
    const ms = momentMs(to)
    return this.#next(() => {
      this.#options.clock.set(ms)
      return this.state
    })
  }

  /** Has it go on from where it stands. */
  resume(): Promise<ClockState> {
    return this.#next(() => {
      this.#options.clock.resume()
      return this.state
    })
  }

  /** Passes a time at once; resolves when all that was due was done, and each answer that came of it was handed to the kernel. */
  async advance(by: Duration, options: AdvanceOptions = {}): Promise<Advanced> {
    checkNames('advance', options, { members: true })
    const { members = 'kept' } = options
    checkOneOf('members', members, ['kept', 'silent'])
    const ms = durationMs(by)
    return this.#next(async () => {
      const { clock, settled } = this.#options
      const groups = members === 'kept' ? [...this.#groups].flatMap(each => each.deref() ?? []) : []
      for (const timers of groups) timers.hold()
      try {
        const fired = await clock.advance(ms, settled)
        return { ...this.state, fired }
      } finally {
        for (const timers of groups) timers.release()
      }
    })
  }

  #next<T>(turn: () => T | Promise<T>): Promise<T> {
    const next = this.#last.then(turn)
    this.#last = next.catch(() => {})
    return next
  }

  #warnings(): string[] {
    const { clock, topics } = this.#options
    const aheadMs = clock.aheadMs
    if (Math.abs(aheadMs) < aheadMsMin) return []
    const all = topics()
    const refused = all.filter(({ beforeMaxMs, afterMaxMs }) =>
      aheadMs > 0 ? beforeMaxMs !== null && aheadMs > beforeMaxMs : afterMaxMs !== null && -aheadMs > afterMaxMs,
    )
    const old = all.filter(each => !refused.includes(each) && each.retentionMs !== null && aheadMs >= each.retentionMs)
    const by = `The broker's clock is ${inWords(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} the machine's`
    return [
      refused.length > 0 &&
        `${by}: records with times of clients are refused (INVALID_TIMESTAMP) in ${named(refused)}, by message.timestamp.${aheadMs > 0 ? 'before' : 'after'}.max.ms`,
      old.length > 0 &&
        `${by}: records with times of clients are due for deletion at once in ${named(old)}, by retention.ms`,
    ].filter(text => text !== false)
  }
}

function named(topics: readonly TimedTopic[]): string {
  const names = topics.slice(0, namedMax).map(({ topic }) => topic)
  return `${names.join(', ')}${topics.length > namedMax ? ` and ${topics.length - namedMax} more` : ''}`
}

function inWords(ms: number): string {
  const [unit, unitMs] = [
    ['days', 86_400_000],
    ['hours', 3_600_000],
    ['minutes', 60_000],
  ].find(([, each]) => ms >= (each as number)) as [string, number]
  return `${Math.round((ms / unitMs) * 10) / 10} ${unit}`
}
