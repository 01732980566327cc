/**
 * Holds clients to their quotas (KIP-13, 124, 546, 599, 612): measures what they do, tells them how long they are held up, and has their connections
 * rest for as long. Each broker measures by itself, on the wire clock.
 */
import { AddPartitionsToTxn } from '../../protocol/messages/add-partitions-to-txn.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { WriteTxnMarkers } from '../../protocol/messages/write-txn-markers.ts'
import type { Clock } from '../base/clock.ts'
import type { Quotas } from '../cluster/quotas.ts'
import type {
  Aftermath,
  CallInfo,
  ControllerMutations,
  FetchedBytes,
  Interceptor,
  Question,
} from '../server/interceptor.ts'
import { type Bound, boundOf, boundOfAddress } from './bounds.ts'
import { SampledRate, type Windows } from './sampled-rate.ts'
import { TokenBucket } from './token-bucket.ts'

/** `quota.window.*`, and `controller.quota.window.*` for what changes topics. */
export interface QuotaWindows {
  readonly clients: Windows
  readonly controller: Windows
}

/** How many measures there may be before those are looked for that nobody needs. */
const measuresMin = 1_000
/** Clients whose quotas are kept in mind, so that they are not looked for with each request. */
const foundMax = 10_000
const [producing, fetching, asking, changing, connecting] = [
  'producer_byte_rate',
  'consumer_byte_rate',
  'request_percentage',
  'controller_mutation_rate',
  'connection_creation_rate',
]

/** How long a call is held up, and by which property. */
interface Throttle {
  readonly by: string
  readonly throttleMs: number
}

const noThrottle: Throttle = { by: '', throttleMs: 0 }

export class ClientQuotas implements Interceptor {
  readonly #quotas: () => Quotas
  readonly #windows: () => QuotaWindows
  readonly #clock: Clock
  /** By who shares them. */
  readonly #rates = new Map<string, SampledRate>()
  readonly #buckets = new Map<string, { bound: Bound; bucket: TokenBucket }>()
  #sweptAt = measuresMin
  readonly #found = new Map<string, Bound | null>()
  #foundIn: Quotas | null = null
  /** What was found of a call before it is answered: how long it is held up, and how long it took the event loop. */
  readonly #throttled = new WeakMap<CallInfo, Throttle>()
  readonly #handled = new WeakMap<CallInfo, number>()

  /** Milliseconds for which clients were held up, by the property that held them longest. */
  readonly #heldMs: Map<string, number>

  constructor(quotas: () => Quotas, windows: () => QuotaWindows, clock: Clock, heldMs = new Map<string, number>()) {
    this.#heldMs = heldMs
    this.#quotas = quotas
    this.#windows = windows
    this.#clock = clock
  }

  /** A fetch asks for no more than all windows allow: it could never be answered. */
  before(call: CallInfo): undefined {
    if (call.api !== Fetch || isOfBroker(call)) return
    const bound = this.#boundOf(fetching, call)
    if (bound === null) return
    const { count, ms } = this.#windows().clients
    const request = call.request as { maxBytes: number }
    request.maxBytes = Math.min(request.maxBytes, Math.floor((bound.perSecond * (count - 1) * ms) / 1_000))
  }

  asked(call: CallInfo, question: Question): boolean | undefined {
    if (question.about === 'fetchedBytes') return this.#hasFetched(call, (question as FetchedBytes).count)
    if (question.about !== 'controllerMutations') return undefined
    const { count, isStrict } = question as ControllerMutations
    return this.#changes(call, count, isStrict)
  }

  handled(call: CallInfo, elapsedMs: number): void {
    this.#handled.set(call, elapsedMs)
  }

  after(call: CallInfo, _response: object | null, endMs: number): Aftermath | undefined {
    let { by, throttleMs } = this.#throttled.get(call) ?? noThrottle
    const held = (name: string, ms: number) => {
      if (ms > throttleMs) [by, throttleMs] = [name, ms]
    }
    if (call.api === Produce) held(producing, this.#record(producing, call, call.requestBytes))
    if (!isOfBroker(call)) {
      const tookMs = this.#handled.get(call) ?? endMs - call.startMs
      // Percents of one second, and held up for a window at the most.
      const ofTimeMs = this.#record(asking, call, tookMs / 10)
      held(asking, Math.min(ofTimeMs, this.#windows().clients.ms))
    }
    if (throttleMs === 0) return undefined
    this.#hold(by, throttleMs)
    return { throttleMs }
  }

  #hold(by: string, throttleMs: number): void {
    this.#heldMs.set(by, (this.#heldMs.get(by) ?? 0) + throttleMs)
  }

  /** How long a connection from an address is held up before it is closed; 0 where it may come in. */
  connectionThrottleMs(address: string): number {
    const bound = boundOfAddress(this.#quotas(), connecting, address)
    if (bound === null) return 0
    const { clients } = this.#windows()
    const nowMs = this.#clock.monotonicMs()
    const rate = this.#rateOf(bound)
    rate.record(1, nowMs, clients)
    const throttleMs = rate.throttleMs(bound.perSecond, nowMs, clients)
    // It does not come in, so it does not count.
    if (throttleMs <= 0) return 0
    rate.record(-1, nowMs, clients)
    const heldMs = Math.min(throttleMs, clients.ms)
    this.#hold(connecting, heldMs)
    return heldMs
  }

  /** Whether a fetch is answered with nothing, as its client had enough: the bytes then do not count. */
  #hasFetched(call: CallInfo, bytes: number): boolean {
    if (isOfBroker(call)) return false
    const throttleMs = this.#record(fetching, call, bytes)
    if (throttleMs === 0) return false
    this.#record(fetching, call, -bytes)
    this.#throttled.set(call, { by: fetching, throttleMs })
    return true
  }

  /** Whether so many partitions may not be made or deleted now. Who does not know of that yet is held up afterwards. */
  #changes(call: CallInfo, count: number, isStrict: boolean): boolean {
    const bound = this.#boundOf(changing, call)
    if (bound === null) return false
    const burst = this.#burstOf(bound)
    const nowMs = this.#clock.monotonicMs()
    const bucket = this.#bucketOf(bound)
    if (isStrict) {
      const throttleMs = bucket.throttleMs(bound.perSecond, burst, nowMs)
      if (throttleMs > 0) {
        this.#throttled.set(call, { by: changing, throttleMs })
        return true
      }
    }
    bucket.spend(count, bound.perSecond, burst, nowMs)
    if (!isStrict)
      this.#throttled.set(call, { by: changing, throttleMs: bucket.throttleMs(bound.perSecond, burst, nowMs) })
    return false
  }

  #record(kind: string, call: CallInfo, value: number): number {
    const bound = this.#boundOf(kind, call)
    if (bound === null) return 0
    const { clients } = this.#windows()
    const nowMs = this.#clock.monotonicMs()
    const rate = this.#rateOf(bound)
    rate.record(value, nowMs, clients)
    return rate.throttleMs(bound.perSecond, nowMs, clients)
  }

  /** Looked for once for each client and kind, until quotas change. */
  #boundOf(kind: string, { connection: { principal }, clientId }: CallInfo): Bound | null {
    const quotas = this.#quotas()
    if (quotas !== this.#foundIn || this.#found.size >= foundMax) {
      this.#foundIn = quotas
      this.#found.clear()
    }
    const key = `${kind} ${principal.length} ${principal} ${clientId ?? ''}`
    let bound = this.#found.get(key)
    if (bound === undefined) {
      bound = boundOf(quotas, kind, principal.slice(principal.indexOf(':') + 1), clientId ?? '')
      this.#found.set(key, bound)
    }
    return bound
  }

  #burstOf({ perSecond }: Bound): number {
    const { count, ms } = this.#windows().controller
    return (perSecond * count * ms) / 1_000
  }

  #rateOf({ sharedBy }: Bound): SampledRate {
    let rate = this.#rates.get(sharedBy)
    if (rate === undefined) {
      this.#sweep()
      rate = new SampledRate()
      this.#rates.set(sharedBy, rate)
    }
    return rate
  }

  #bucketOf(bound: Bound): TokenBucket {
    let known = this.#buckets.get(bound.sharedBy)
    if (known === undefined) {
      this.#sweep()
      known = { bound, bucket: new TokenBucket() }
      this.#buckets.set(bound.sharedBy, known)
    } else known.bound = bound
    return known.bucket
  }

  /** Anybody may name itself as it likes: measures that say nothing any more are forgotten. */
  #sweep(): void {
    if (this.#rates.size + this.#buckets.size < this.#sweptAt) return
    const nowMs = this.#clock.monotonicMs()
    const { clients } = this.#windows()
    for (const [key, rate] of this.#rates) if (rate.isOver(nowMs, clients)) this.#rates.delete(key)
    for (const [key, { bound, bucket }] of this.#buckets)
      if (bucket.isFull(bound.perSecond, this.#burstOf(bound), nowMs)) this.#buckets.delete(key)
    this.#sweptAt = Math.max(measuresMin, 2 * (this.#rates.size + this.#buckets.size))
  }

  /** For tests: how many measures are kept. */
  get size(): number {
    return this.#rates.size + this.#buckets.size
  }
}

/** Brokers among each other are held to nothing. */
function isOfBroker({ api, request }: CallInfo): boolean {
  if (api === Fetch) {
    const { replicaId, replicaState } = request as { replicaId: number; replicaState: { replicaId: number } }
    return replicaId >= 0 || replicaState.replicaId >= 0
  }
  return (
    api === WriteTxnMarkers ||
    (api === AddPartitionsToTxn && 'transactions' in request && (request.transactions as unknown[]).length > 0)
  )
}
