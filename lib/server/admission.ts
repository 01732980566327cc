/** Admission of connections: how many there may be, in all, of one address and of one listener, and how many in a second. */
import type { ListenerLimits, ServerLimits } from './limits.ts'

/** Where a connection comes from, and by which listener. */
export interface Arrival {
  readonly remoteAddress: string
  readonly listener: string
}

/** No limit: Kafka's default, the greatest int32. */
const unlimitedPerSecond = 2 ** 31 - 1

export class Admission {
  readonly #limits: ServerLimits
  readonly #perIp = new Map<string, number>()
  readonly #perListener = new Map<string, number>()
  readonly #pace = new Pace()
  readonly #paces = new Map<string, Pace>()
  #total = 0

  constructor(limits: ServerLimits) {
    this.#limits = limits
  }

  /** Counts a connection in; where there are too many already, returns the property that limits them instead. */
  enter({ remoteAddress, listener }: Arrival): string | null {
    const { connectionsMax, connectionsPerIpMax, connectionsPerIpOverrides } = this.#limits
    const perIpMax = connectionsPerIpOverrides.get(remoteAddress) ?? connectionsPerIpMax
    if (this.#total >= connectionsMax) return 'max.connections'
    if (countOf(this.#perIp, remoteAddress) >= perIpMax) return 'max.connections.per.ip'
    const ofListener = this.#limits.ofListeners.get(listener)?.connectionsMax
    if (ofListener !== undefined && countOf(this.#perListener, listener) >= ofListener) {
      return `listener.name.${listener.toLowerCase()}.max.connections`
    }
    this.#total++
    this.#perIp.set(remoteAddress, countOf(this.#perIp, remoteAddress) + 1)
    this.#perListener.set(listener, countOf(this.#perListener, listener) + 1)
    return null
  }

  /** Counts one out again. */
  leave({ remoteAddress, listener }: Arrival): void {
    this.#total--
    countDown(this.#perIp, remoteAddress)
    countDown(this.#perListener, listener)
  }

  /** How many milliseconds a connection that was counted in has to wait, so that the rate is kept. */
  waitMs({ listener }: Arrival, nowMs: number): number {
    const { connectionsPerSecondMax, connectionBurstMs, ofListeners } = this.#limits
    const ofListener: ListenerLimits | undefined = ofListeners.get(listener)
    let waitMs = this.#pace.waitMs(connectionsPerSecondMax, connectionBurstMs, nowMs)
    if (ofListener?.connectionsPerSecondMax !== undefined) {
      const pace = this.#paces.get(listener) ?? new Pace()
      this.#paces.set(listener, pace)
      waitMs = Math.max(waitMs, pace.waitMs(ofListener.connectionsPerSecondMax, connectionBurstMs, nowMs))
    }
    return waitMs
  }
}

/** A rate limit with bursts: events are evenly spaced, and those that an idle period left out may happen at once. */
class Pace {
  #nextMs = Number.NEGATIVE_INFINITY

  waitMs(perSecondMax: number, burstMs: number, nowMs: number): number {
    if (perSecondMax >= unlimitedPerSecond) return 0
    const atMs = Math.max(this.#nextMs, nowMs - burstMs)
    // A rate of 0 would shut out everyone: one connection a second is let in, by which the setting can be changed.
    this.#nextMs = atMs + 1000 / Math.max(1, perSecondMax)
    return Math.max(0, Math.ceil(atMs - nowMs))
  }
}

function countOf(counts: ReadonlyMap<string, number>, key: string): number {
  return counts.get(key) ?? 0
}

function countDown(counts: Map<string, number>, key: string): void {
  const left = countOf(counts, key) - 1
  if (left > 0) counts.set(key, left)
  else counts.delete(key)
}
