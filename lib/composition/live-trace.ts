/** What clients ask this broker and are answered, told for as long as somebody looks. While nobody does, nothing stands around a request. */
import type { Clock, Timer } from '../base/clock.ts'
import type { TraceAnswer } from '../console/answers.ts'
import type { Interceptor } from '../server/interceptor.ts'
import { Abouts } from '../trace/about.ts'
import { Trace } from '../trace/trace.ts'
import { exceptPeers } from './except-peers.ts'

/** So long after the last look it ends. */
const unseenMsMax = 10_000
/** Some megabytes, whatever clients call themselves. */
const bounds = { linesMax: 1_000, namesMax: 1_000, charactersMax: 500 }
/** Lines of one answer, the newest. */
const shownMax = 500

interface Running {
  readonly trace: Trace
  readonly interceptor: Interceptor
  readonly sinceMs: number
}

export interface LiveTraceOptions {
  /** What stands around every request. */
  readonly interceptors: Interceptor[]
  readonly topicNameOf: (topicId: string) => string | undefined
  readonly clock: Clock
}

/** See the head of the file. Nothing is kept for who looks: who looks too seldom is told how many lines went by. */
export class LiveTrace {
  readonly #options: LiveTraceOptions
  #running: Running | null = null
  #timer: Timer | null = null
  /** Of the last line ever, so that a number stands for one line. */
  #last = 0
  #isClosed = false

  constructor(options: LiveTraceOptions) {
    this.#options = options
  }

  /** The newest lines after this number. Where nobody looked, it begins. */
  look(since: number): TraceAnswer {
    this.#timer?.cancel()
    const { trace, sinceMs } = this.#running ?? this.#begin()
    if (!this.#isClosed) this.#timer = this.#options.clock.schedule(unseenMsMax, () => this.#end())
    const { last } = trace
    // Who comes from the time before a restart has another count.
    const lines = trace.since(since > last ? 0 : since).slice(-shownMax)
    const missed = since === 0 || lines.length === 0 ? 0 : Math.max(0, lines[0]!.number - since - 1)
    return { sinceMs, last, missed, lines }
  }

  /** For good. */
  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#end()
  }

  #begin(): Running {
    const { interceptors, topicNameOf, clock } = this.#options
    // Sessions of Fetch are not followed: most began before, and each may have thousands of partitions.
    const trace = new Trace(new Abouts(topicNameOf, 0), clock, bounds, this.#last).begin()
    const running = { trace, interceptor: exceptPeers(trace), sinceMs: clock.now() }
    if (this.#isClosed) return running
    // First of all: it sees what others refuse, and answers as they leave.
    interceptors.unshift(running.interceptor)
    this.#running = running
    return running
  }

  #end(): void {
    const { interceptors } = this.#options
    if (this.#running === null) return
    this.#last = this.#running.trace.last
    const at = interceptors.indexOf(this.#running.interceptor)
    if (at >= 0) interceptors.splice(at, 1)
    this.#running = null
  }
}
