/**
 * The metadata store as one simulated broker has it: what it asks takes time, and comes back late or never; what it is told of comes late, too;
 * and its lease may end before it hears of it, or after.
 */
import type { Random } from '../../../lib/base/random.ts'
import {
  type Change,
  type Condition,
  type Entry,
  type MetadataStore,
  type Session,
  SessionEnded,
  StoreClosed,
  StoreUnavailable,
  type Transaction,
  type TransactionResult,
  type Watch,
  type WatchEvent,
} from '../../../lib/metadata/store.ts'
import type { ManualClock } from '../../../lib/testing/clock.ts'
import type { Life } from './life.ts'

/** Faults put in on purpose. */
export const storeFaults = {
  keepsBrokerEpochs: false,
  /** Whether leaders write who is in sync without looking at other brokers' keys, or at the partition's and their own. */
  ignoresOthers: false,
  ignoresEpochs: false,
}

/** How long a broker waits for the store's answer, in ms. */
const patienceMs = 3_000

/** How long after the end of its lease a broker is told at the latest, in ms. */
const toldMsMax = 700

export interface SimulatedStoreOptions {
  readonly engine: MetadataStore
  readonly life: Life
  readonly clock: ManualClock
  readonly random: Random
  /** How many of a thousand answers are lost. */
  readonly lost: number
}

/** What goes one way, in its order: nothing while the way is cut. */
class Way {
  readonly #clock: ManualClock
  readonly #isCut: () => boolean
  readonly #queue: { readonly atMs: number; readonly run: () => void }[] = []
  #isGoing = false

  constructor(clock: ManualClock, isCut: () => boolean) {
    this.#clock = clock
    this.#isCut = isCut
  }

  push(delayMs: number, run: () => void): void {
    const lastMs = this.#queue.at(-1)?.atMs ?? 0
    this.#queue.push({ atMs: Math.max(lastMs, this.#clock.now() + delayMs), run })
    this.#go()
  }

  #go(): void {
    const [first] = this.#queue
    if (this.#isGoing || first === undefined) return
    this.#isGoing = true
    const delayMs = this.#isCut() ? 100 : Math.max(0, first.atMs - this.#clock.now())
    this.#clock.schedule(delayMs, () => {
      this.#isGoing = false
      if (!this.#isCut()) {
        this.#queue.shift()
        first.run()
      }
      this.#go()
    })
  }
}

class SimulatedSession implements Session {
  readonly id: string
  readonly inner: Session
  ended = false
  readonly #listeners: (() => void)[] = []

  constructor(inner: Session) {
    this.id = inner.id
    this.inner = inner
  }

  onEnd(listener: () => void): void {
    if (this.ended) listener()
    else this.#listeners.push(listener)
  }

  /** By the clock it is over; its holder is told when a timer rings. */
  lapse(): void {
    this.ended = true
  }

  /** Its holder knows. */
  end(): void {
    this.ended = true
    for (const listener of this.#listeners.splice(0)) listener()
  }

  async close(): Promise<void> {
    await this.inner.close()
    this.end()
  }
}

/** See the head of the file. */
export class SimulatedStore implements MetadataStore {
  /** Nothing gets through in either direction. */
  isCut = false
  /** What the broker is told of comes so much later. */
  watchLateMs = 0
  readonly #options: SimulatedStoreOptions
  readonly #sessions = new Set<SimulatedSession>()
  #closed = false
  readonly #there: Way
  readonly #back: Way

  constructor(options: SimulatedStoreOptions) {
    this.#options = options
    this.#there = new Way(options.clock, () => this.isCut)
    this.#back = new Way(options.clock, () => this.isCut)
  }

  get(key: string): Promise<Entry | null> {
    return this.#ask(() => this.#options.engine.get(key))
  }

  list(prefix: string): Promise<{ readonly entries: readonly Entry[]; readonly revision: number }> {
    return this.#ask(() => this.#options.engine.list(prefix))
  }

  async watch(
    prefix: string,
    afterRevision: number,
    listener: (event: WatchEvent) => void,
    gone: () => void,
  ): Promise<Watch> {
    let isClosed = false
    const tell = (event: WatchEvent) => this.#tell(() => isClosed || listener(event))
    const watch = await this.#ask(() => this.#options.engine.watch(prefix, afterRevision, tell, gone))
    return {
      close: () => {
        isClosed = true
        watch.close()
      },
    }
  }

  transact({ conditions: asked, changes }: Transaction): Promise<TransactionResult> {
    const { engine, random, clock, lost } = this.#options
    const isFaulty = storeFaults.ignoresOthers || storeFaults.ignoresEpochs
    const conditions = isFaulty ? lessConditions(asked ?? [], changes) : asked
    if (changes.some(change => 'session' in change && change.session?.ended)) return Promise.reject(new SessionEnded())
    const inner = changes.map(change =>
      storeFaults.keepsBrokerEpochs ? asFirstRun(withInner(change)) : withInner(change),
    )
    const apply = () => engine.transact({ conditions, changes: inner })
    if (random.int(1_000) >= lost) return this.#ask(apply)
    // Nobody hears whether, or when, it is applied.
    const fate = random.int(3)
    if (fate > 0) {
      const delayMs = fate === 1 ? 1 : random.int(5_000)
      clock.schedule(delayMs, () => void apply().catch(() => undefined))
    }
    return this.#ask(() => Promise.reject(new StoreUnavailable('the answer is lost')))
  }

  async openSession(ttlMs: number): Promise<Session> {
    const session = new SimulatedSession(await this.#ask(() => this.#options.engine.openSession(ttlMs)))
    this.#sessions.add(session)
    session.onEnd(() => this.#sessions.delete(session))
    return session
  }

  async compact(): Promise<void> {}

  async close(): Promise<void> {
    this.#closed = true
    for (const session of [...this.#sessions]) await session.close()
  }

  /** The leases end for the store, and for the broker so much earlier or later. */
  expire(brokerLaterMs: number): void {
    const { clock, life } = this.#options
    for (const session of [...this.#sessions]) {
      const forStore = () => void session.inner.close().catch(() => undefined)
      const forBroker = () => {
        life.run(() => session.lapse())
        clock.schedule(Math.abs(brokerLaterMs) % toldMsMax, () => life.run(() => session.end()))
      }
      if (brokerLaterMs >= 0) {
        forStore()
        clock.schedule(brokerLaterMs, forBroker)
      } else {
        forBroker()
        clock.schedule(-brokerLaterMs, forStore)
      }
    }
  }

  /** The process is dead: its leases end after a while. */
  abandon(afterMs: number): void {
    for (const { inner } of this.#sessions) {
      this.#options.clock.schedule(afterMs, () => void inner.close().catch(() => undefined))
    }
  }

  async #ask<T>(request: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new StoreClosed()
    const { clock, random, life } = this.#options
    return new Promise<T>((resolve, reject) => {
      let isLate = false
      const patience = clock.schedule(patienceMs, () => {
        isLate = true
        life.run(() => reject(new StoreUnavailable('the store does not answer')))
      })
      const back = (settle: () => void) => {
        if (isLate) return
        patience.cancel()
        clock.schedule(random.int(6), () => life.run(settle))
      }
      this.#there.push(random.int(6), () => {
        if (life.isOver) return
        request().then(
          value => back(() => resolve(value)),
          error => back(() => reject(error)),
        )
      })
    })
  }

  #tell(deliver: () => void): void {
    this.#back.push(1 + this.#options.random.int(6) + this.watchLateMs, () => this.#options.life.run(deliver))
  }
}

function withInner(change: Change): Change {
  if (!('session' in change) || change.session === undefined) return change
  return { ...change, session: (change.session as SimulatedSession).inner }
}

/** As leaders write who is in sync, which does not rest on who is the controller. */
function lessConditions(conditions: readonly Condition[], changes: readonly Change[]): readonly Condition[] {
  const leaders = changes.map(leaderIn)
  if (leaders.includes(null) || conditions.some(({ key }) => key.startsWith('leaders/'))) return conditions
  const { ignoresOthers, ignoresEpochs } = storeFaults
  return conditions.filter(({ key }) => {
    const [kind, id] = key.split('/')
    const isOthers = kind === 'brokers' && !leaders.includes(Number(id))
    return kind === 'topics' || (isOthers ? !ignoresOthers : !ignoresEpochs)
  })
}

/** Who leads by what is written of a partition; null where something else is. */
function leaderIn(change: Change): number | null {
  if (!('key' in change) || change.value === null || !change.key.startsWith('partitions/')) return null
  return (JSON.parse(change.value) as { leader: number }).leader
}

/** Each run of a broker says that it is the first. */
function asFirstRun(change: Change): Change {
  if (!('key' in change) || change.value === null) return change
  const [kind, id] = change.key.split('/')
  if (kind === 'starts') return { ...change, value: JSON.stringify({ count: 1 }) }
  if (kind !== 'brokers') return change
  const endpoints = [{ listener: 'PLAINTEXT', host: `broker-${id}`, port: 9092, securityProtocol: 'PLAINTEXT' }]
  return { ...change, value: JSON.stringify({ ...JSON.parse(change.value), epoch: 1, state: 'running', endpoints }) }
}
