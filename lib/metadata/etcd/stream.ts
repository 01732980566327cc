/** One watch over all keys of the cluster, from which the watches of a store object are told: it comes back after cuts, and knows how far it is. */
import type { Clock, Timer } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import { HistoryGone, StoreClosed, type Watch, type WatchEvent } from '../store.ts'
import { EtcdRefusal, EtcdSilence, grpcCodes, isCompacted, readable } from './faults.ts'
import type { Gateway, MessageStream } from './gateway.ts'
import { insist } from './insist.ts'
import { decoded, rangeOf, revisionOf, type WatchResponse } from './messages.ts'

interface Watcher {
  readonly prefix: string
  readonly afterRevision: number
  readonly listener: (event: WatchEvent) => void
  readonly gone: () => void
}

interface Reach {
  readonly revision: number
  readonly timer: Timer
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Transactions that a watcher may have missed between listing and watching: as many, or as large, as these together. */
const rememberedMax = 1_000
const rememberedBytesMax = 16 * 1024 * 1024
/** A stream that does not show within this time what was written is opened anew, at another member. */
const silenceMaxMs = 2_000
/** Whoever waits for it is told after this time that it does not. */
const reachMaxMs = 20_000
const openMaxMs = 5_000
const againMinMs = 50
const againMaxMs = 1_000

export class WatchStream {
  readonly #gateway: Gateway
  readonly #prefix: string
  /** Keys with this prefix are the store's own: they tell how far the stream is, and nothing else. */
  readonly #ownPrefix: string
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #watchers = new Set<Watcher>()
  readonly #remembered: { readonly event: WatchEvent; readonly bytes: number }[] = []
  #rememberedBytes = 0
  /** Watching from a revision before this one is too late. */
  #from = 0
  /** All up to this revision was told. */
  #position = 0
  #stream: MessageStream | null = null
  /** Resolves once the stream is there for the first time. */
  #opening: Promise<void> | null = null
  /** Told whether it is, while it is opened for the first time. */
  #opened: ((error: Error | null) => void) | null = null
  #running = false
  #isLost = false
  #reaches: Reach[] = []
  #silence: Timer | null = null
  #again: Timer | null = null
  #againMs = againMinMs
  /** Counts the streams, so that what an old one tells is not listened to. */
  #generation = 0
  #closed = false

  constructor(options: {
    readonly gateway: Gateway
    readonly prefix: string
    readonly ownPrefix: string
    readonly clock: Clock
    readonly logger: Logger
  }) {
    this.#gateway = options.gateway
    this.#prefix = options.prefix
    this.#ownPrefix = options.ownPrefix
    this.#clock = options.clock
    this.#logger = options.logger
  }

  /** Whether those who watched have to list again, and have not begun to watch anew: they are not up to date. */
  get isLost(): boolean {
    return this.#isLost
  }

  async watch(
    prefix: string,
    afterRevision: number,
    listener: (event: WatchEvent) => void,
    gone: () => void,
  ): Promise<Watch> {
    if (this.#opening === null) {
      this.#from = afterRevision
      this.#position = afterRevision
      this.#opening = this.#open()
    }
    await this.#opening
    if (this.#closed) throw new StoreClosed()
    if (afterRevision < this.#from) throw new HistoryGone(afterRevision)
    const watcher: Watcher = { prefix, afterRevision, listener, gone }
    for (const { event } of this.#remembered) this.#tell(watcher, event)
    this.#watchers.add(watcher)
    this.#isLost = false
    return { close: () => this.#watchers.delete(watcher) }
  }

  /** Resolves once all up to the revision was told to those who watch: at once where nobody does. */
  reached(revision: number): Promise<void> {
    if (!this.#running || this.#position >= revision) return Promise.resolve()
    this.#silence ??= this.#clock.schedule(silenceMaxMs, () => this.#silent())
    return new Promise((resolve, reject) => {
      const timer = this.#clock.schedule(reachMaxMs, () => {
        this.#reaches = this.#reaches.filter(reach => reach.timer !== timer)
        reject(new EtcdSilence('the watch does not show what was written'))
      })
      this.#reaches.push({ revision, timer, resolve, reject })
    })
  }

  close(): void {
    this.#closed = true
    this.#stop(new StoreClosed())
    this.#watchers.clear()
  }

  /** Opens the first stream: resolves once it is there, rejects where history from its beginning is not. */
  async #open(): Promise<void> {
    try {
      await this.#checkRemembered()
    } catch (error) {
      this.#opening = null
      throw error
    }
    if (this.#closed) throw new StoreClosed()
    this.#running = true
    return new Promise((resolve, reject) => {
      const timer = this.#clock.schedule(openMaxMs, () =>
        this.#stop(new EtcdSilence('the watch was not opened in time')),
      )
      this.#opened = error => {
        timer.cancel()
        this.#opened = null
        if (error === null) resolve()
        else reject(error)
      }
      this.#connect()
    })
  }

  /** Etcd tells those who watch what it has forgotten only after it has said that they do. */
  async #checkRemembered(): Promise<void> {
    const first = { ...rangeOf(this.#prefix), limit: '1', revision: String(this.#position + 1) }
    const ask = () => this.#gateway.call('/v3/kv/range', first, silenceMaxMs)
    try {
      await insist(ask, this.#clock, openMaxMs, () => this.#closed)
    } catch (error) {
      if (isCompacted(error)) throw new HistoryGone(this.#position)
      const isNext = error instanceof EtcdRefusal && error.code === grpcCodes.outOfRange
      if (!isNext) throw error
    }
  }

  #connect(): void {
    const generation = ++this.#generation
    const ended = (error: Error) => {
      if (generation === this.#generation) this.#ended(error)
    }
    const timer = this.#clock.schedule(silenceMaxMs, () => ended(new EtcdSilence('the watch was not opened in time')))
    const take = (message: unknown) => {
      if (generation !== this.#generation) return
      const response = message as WatchResponse
      timer.cancel()
      if (response.canceled) {
        const compacted = Number(response.compact_revision ?? 0) > 0
        const reason = response.cancel_reason ?? 'the watch was cancelled'
        ended(compacted ? new HistoryGone(this.#position) : new EtcdSilence(reason))
        return
      }
      if (response.created) {
        this.#againMs = againMinMs
        this.#opened?.(null)
      }
      let events: DecodedEvent[]
      try {
        events = readable(() => (response.events ?? []).map(decodedEvent))
      } catch (error) {
        ended(error as Error)
        return
      }
      this.#take(events)
    }
    const request = { create_request: { ...rangeOf(this.#prefix), start_revision: String(this.#position + 1) } }
    this.#gateway.stream('/v3/watch', request, take, ended, silenceMaxMs).then(stream => {
      if (generation === this.#generation) this.#stream = stream
      else stream.close()
    }, ended)
  }

  #ended(error: Error): void {
    // What the old stream still tells, or its end, is not listened to.
    this.#generation++
    this.#stream?.close()
    this.#stream = null
    if (error instanceof HistoryGone) this.#forgotten(error)
    // Asking again does not help who has not the rights.
    else if (error instanceof EtcdRefusal && this.#opened !== null) this.#stop(error)
    else {
      this.#logger.debug('the watch on etcd ended and is opened again', { reason: error.message })
      this.#again = this.#clock.schedule(this.#againMs, () => this.#connect())
      this.#againMs = Math.min(2 * this.#againMs, againMaxMs)
    }
  }

  #take(events: readonly DecodedEvent[]): void {
    let changes: { key: string; value: string | null }[] = []
    let bytes = 0
    for (let i = 0; i < events.length; i++) {
      const { key, value, revision } = events[i]!
      if (revision > this.#position && !key.startsWith(this.#ownPrefix)) {
        changes.push({ key: key.slice(this.#prefix.length), value })
        bytes += key.length + (value?.length ?? 0)
      }
      if (events[i + 1]?.revision === revision) continue
      if (changes.length > 0) this.#event({ revision, changes }, bytes)
      changes = []
      bytes = 0
      this.#advance(revision)
    }
  }

  #event(event: WatchEvent, bytes: number): void {
    this.#remembered.push({ event, bytes })
    this.#rememberedBytes += bytes
    while (this.#remembered.length > rememberedMax || this.#rememberedBytes > rememberedBytesMax) {
      const forgotten = this.#remembered.shift()!
      this.#rememberedBytes -= forgotten.bytes
      this.#from = forgotten.event.revision
    }
    for (const watcher of [...this.#watchers]) if (this.#watchers.has(watcher)) this.#tell(watcher, event)
  }

  #tell({ prefix, afterRevision, listener }: Watcher, { revision, changes }: WatchEvent): void {
    if (revision <= afterRevision) return
    const watched = changes.filter(({ key }) => key.startsWith(prefix))
    if (watched.length > 0) listener({ revision, changes: watched })
  }

  #advance(revision: number): void {
    if (revision <= this.#position) return
    this.#position = revision
    if (this.#reaches.length === 0) return
    const reached = this.#reaches.filter(reach => reach.revision <= revision)
    if (reached.length === 0) return
    this.#reaches = this.#reaches.filter(reach => reach.revision > revision)
    this.#silence?.cancel()
    this.#silence = this.#reaches.length > 0 ? this.#clock.schedule(silenceMaxMs, () => this.#silent()) : null
    settle(reached, ({ resolve }) => resolve())
  }

  /** Something was written, and the stream does not show it. */
  #silent(): void {
    this.#silence = this.#clock.schedule(silenceMaxMs, () => this.#silent())
    this.#stream?.close()
  }

  /** The stream would have to tell what etcd has forgotten: all who watch have to list again, and the next of them begins anew. */
  #forgotten(error: HistoryGone): void {
    const watchers = [...this.#watchers]
    // Nobody watches any more, so nobody has to be told before a transaction resolves.
    settle(this.#reaches.splice(0), ({ resolve }) => resolve())
    this.#stop(error)
    this.#isLost = watchers.length > 0
    for (const { gone } of watchers) gone()
  }

  #stop(error: Error): void {
    this.#generation++
    this.#stream?.close()
    this.#stream = null
    this.#running = false
    this.#opening = null
    this.#silence?.cancel()
    this.#silence = null
    this.#again?.cancel()
    this.#watchers.clear()
    this.#remembered.length = 0
    this.#rememberedBytes = 0
    settle(this.#reaches.splice(0), ({ reject }) => reject(error))
    this.#opened?.(error)
  }
}

interface DecodedEvent {
  readonly key: string
  readonly value: string | null
  readonly revision: number
}

function decodedEvent({ type, kv }: NonNullable<WatchResponse['events']>[number]): DecodedEvent {
  const value = type === 'DELETE' ? null : decoded(kv.value)
  return { key: decoded(kv.key), value, revision: revisionOf(kv.mod_revision) }
}

function settle(reaches: readonly Reach[], how: (reach: Reach) => void): void {
  for (const reach of reaches) {
    reach.timer.cancel()
    how(reach)
  }
}
