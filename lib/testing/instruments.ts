/** What breaks and watches the broker that serves now: faults, the clock, what clients do, and waiting for it. */

import type { Clock, Clocks } from '../base/clock.ts'
import type { NamesOf } from '../base/names.ts'
import type { Random } from '../base/random.ts'
import { logConfigOf } from '../config/topic-config.ts'
import { handlerTable } from '../handlers/table.ts'
import type { Interceptor } from '../server/interceptor.ts'
import { Abouts } from '../trace/about.ts'
import { Trace } from '../trace/trace.ts'
import { DisturbedDisk } from './disturbed-files.ts'
import { Faults } from './faults/faults.ts'
import { checkNames, checkText, checkWhole } from './given.ts'
import { CaughtUp, lookOffset, lookReady } from './levels.ts'
import { checkMatch, matchNames } from './matching.ts'
import { DisturbedNetwork } from './network/disturbed-network.ts'
import type { ReadPartition, ReadyMember, RequestMatch, RequestWait, WaitOptions } from './options.ts'
import type { KitServices } from './services.ts'
import { type TimedTopic, TurnedClock } from './test-clock.ts'
import { TurnableClock } from './turnable-clock.ts'
import { type Look, Waiting, waitNames } from './waiting.ts'
import { Watch } from './watch.ts'

/** The broker that serves now. */
export interface Serving {
  readonly services: KitServices
  readonly listeners: readonly { readonly name: string; readonly port: number }[]
  settle(): Promise<void>
}

/** Names of the APIs that are served. */
const servedApis = [...handlerTable.values()].map(({ api }) => api.name)
const requestNames: NamesOf<RequestWait> = { ...matchNames, ...waitNames, since: true, count: true }

const longestMs = Number.MAX_SAFE_INTEGER

/** See the head of the file. */
export class Instruments {
  readonly turnable: TurnableClock
  /** What the broker is to be made with. */
  readonly clocks: Clocks
  readonly waiting: Waiting
  readonly clock: TurnedClock
  readonly faults: Faults
  readonly watch: Watch
  readonly trace: Trace
  readonly network: DisturbedNetwork
  readonly disk = new DisturbedDisk()
  /** What is to stand around every request. */
  readonly interceptors: readonly Interceptor[]
  readonly #serving: () => Serving | null

  /** `serving` is null while a broker starts; `random` draws what a fault leaves to chance; `timeoutMs` is how long is waited. */
  constructor(
    serving: () => Serving | null,
    random: Random,
    { clock, timeoutMs }: { readonly clock: Clock; readonly timeoutMs: number },
  ) {
    this.#serving = serving
    this.turnable = new TurnableClock(clock)
    this.clocks = { broker: this.turnable, wire: clock }
    this.waiting = new Waiting(clock, timeoutMs)
    const abouts = new Abouts(topicId => this.#serving()?.services.partitions.topicNameOf(topicId))
    this.watch = new Watch(abouts, this.waiting)
    this.trace = new Trace(abouts, this.turnable)
    this.faults = new Faults({
      onMet: (call, description) => this.trace.faulted(call, description),
      ...{ clock, random, abouts, waiting: this.waiting },
      apis: servedApis,
      refusalOf: (apiKey, request, refusal) => handlerTable.get(apiKey)!.refuse(request, refusal),
      idOfName: topic => this.#serving()?.services.cluster.image.topics.get(topic)?.topicId,
    })
    this.network = new DisturbedNetwork(clock, listener =>
      (serving()?.listeners ?? []).filter(({ name }) => name === listener).map(({ port }) => port),
    )
    this.interceptors = [this.watch, this.trace, this.faults]
    this.clock = new TurnedClock({
      clock: this.turnable,
      settled: async () => this.#serving()?.settle(),
      isConnected: ({ groupId, memberId }) => this.watch.isOpen(groupId, memberId),
      topics: () => this.#timedTopics(),
    })
  }

  get #services(): KitServices {
    return this.#serving()!.services
  }

  /** Resolves once so many requests that fit were answered, with how many there were. */
  async request(wanted: RequestWait): Promise<number> {
    checkNames('request', wanted, requestNames)
    checkMatch(wanted, servedApis)
    checkWhole('count', wanted.count, 0)
    checkWhole('since', wanted.since, 0)
    const { since = 0, count = 1, timeoutMs, signal, ...match } = wanted
    const look = (): Look<number> => {
      const there = this.watch.count(match, since)
      if (there >= count) return { met: there }
      const state = this.watch.countsByApi(since)
      const all = Object.entries(state).map(([api, times]) => `${times} ${api}`)
      return { seen: `there were ${there}; of all: ${all.join(', ') || 'none'}`, state }
    }
    const what = `${count} requests (${inWords(match)})`
    return this.waiting.until(what, look, { ...(timeoutMs !== undefined && { timeoutMs }), ...(signal && { signal }) })
  }

  /** Resolves once the group is stable with so many members, or any, each of which has fetched all that it was assigned. */
  async groupReady(groupId: string, members?: number, options: WaitOptions = {}): Promise<ReadyMember[]> {
    checkText('the id of a group', groupId)
    checkWhole('members', members, 1)
    const what = `group ${groupId} ready${members === undefined ? '' : ` with ${members} members`}`
    return this.waiting.until(what, () => lookReady(groupId, members, this.#levels), options)
  }

  /** Resolves once the group has committed up to the ends as they are now, with one commit at least. */
  async groupCaughtUp(groupId: string, options: WaitOptions = {}): Promise<ReadPartition[]> {
    checkText('the id of a group', groupId)
    const caughtUp = new CaughtUp(groupId, this.#levels)
    return this.waiting.until(`group ${groupId} caught up`, () => caughtUp.look(), options)
  }

  /** Resolves once consumers can read up to this offset, which is the next after so many records, with how far it reaches. */
  async topicOffset(topic: string, partition: number, offset: number, options: WaitOptions = {}): Promise<number> {
    checkText('the name of a topic', topic)
    checkWhole('partition', partition ?? null, 0)
    checkWhole('offset', offset ?? null, 0)
    const look = () => lookOffset(topic, partition, offset, this.#levels)
    return this.waiting.until(`${topic}-${partition} up to ${offset}`, look, options)
  }

  /** Puts everything back to how it was at the start. */
  clear(): void {
    this.faults.clear()
    this.network.restore()
    this.disk.restore()
  }

  get #levels() {
    const { groups, partitions } = this.#services
    return { groups, partitions, watch: this.watch }
  }

  #timedTopics(): TimedTopic[] {
    const { cluster, config } = this.#services
    return [...cluster.image.topics.values()]
      .filter(({ name }) => !name.startsWith('__'))
      .map(({ name, configs }) => {
        const log = logConfigOf(configs, config)
        const isClients = log.messageTimestampType === 'CreateTime'
        return {
          topic: name,
          retentionMs: log.cleanupPolicy.includes('delete') && log.retentionMs >= 0 ? log.retentionMs : null,
          beforeMaxMs: isClients ? Math.min(log.messageTimestampBeforeMaxMs, longestMs) : null,
          afterMaxMs: isClients ? log.messageTimestampAfterMaxMs : null,
        }
      })
  }
}

function inWords(match: RequestMatch): string {
  return Object.entries(match)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}
