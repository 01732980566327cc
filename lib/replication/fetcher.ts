/**
 * Fetches from one leader, for the partitions that follow it: one request at a time, which waits at the leader while there is nothing new. A
 * second one is sent after it only where a partition has come that the first does not name; it ends the wait of the first.
 */
import { codeName, codes, KafkaError } from '../../protocol/errors.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { ListOffsets } from '../../protocol/messages/list-offsets.ts'
import { Alarm } from '../base/alarm.ts'
import type { Clock } from '../base/clock.ts'
import { Deadlines } from '../base/deadlines.ts'
import type { LogLimit } from '../base/log-limit.ts'
import type { Logger } from '../base/logger.ts'
import type { Connection } from '../client/connections.ts'
import type { Partition } from '../partitions/partition.ts'
import { isThrottled, type ReplicationThrottle } from '../partitions/throttled.ts'
import type { OffsetWaiter } from '../partitions/waiting/offset-queue.ts'
import type { Turn, TurnTask } from '../partitions/waiting/turn.ts'
import { type FetchAnswer, Following, type Outcome, sizeOf } from './following.ts'
import { LeaderSession, type SessionRequest } from './leader-session.ts'

/** How much is asked for at a time, and how long is waited. */
export interface FetcherSettings {
  /** Of one partition, and of one answer: `replica.fetch.max.bytes` and `replica.fetch.response.max.bytes`. */
  readonly partitionBytesMax: number
  readonly answerBytesMax: number
  readonly bytesMin: number
  readonly waitMsMax: number
  readonly backoffMsMax: number
}

export interface FetcherOptions {
  readonly nodeId: number
  readonly leader: number
  /** Epoch of this broker's run. */
  readonly brokerEpoch: () => number
  readonly connect: () => Promise<Connection>
  readonly settings: () => FetcherSettings
  /** What all fetchers of this broker hold themselves to, for partitions that are throttled and out of sync. */
  readonly throttle: ReplicationThrottle
  /** At whose end what came is in the files. */
  readonly turn: Turn
  /** The wire's. */
  readonly clock: Clock
  readonly logger: Logger
  readonly logLimit: LogLimit
}

/** The first wait after a failure; each further one is twice as long, up to `replica.fetch.backoff.ms`. */
const backoffMsMin = 20
/** By topic id, with the epoch of the broker that fetches. */
const fetchVersionMin = 15
/** With leader epochs. */
const listOffsetsVersionMin = 4
const [latest, earliest] = [-1, -2]
/** How long all partitions wait for what one of them was given to be in its file. */
const writeMsMax = 100
/** A waiting request, and one that ends its wait. */
const requestsMax = 2

/** Names of what a connection may end with. */
const expectedErrors: ReadonlySet<string> = new Set(['ClientError', 'KafkaError', 'LoginError'])

/** See the head of the file. */
export class Fetcher implements TurnTask, OffsetWaiter<null> {
  readonly leader: number
  readonly #options: FetcherOptions
  readonly #session = new LeaderSession()
  readonly #all = new Map<Partition, Following>()
  /** By topic id and index, as answers name them. */
  readonly #byName = new Map<string, Following>()
  /** Those of which the next request may have something new to say. */
  readonly #wanted = new Set<Following>()
  /** Those that wait until they are tried again. */
  readonly #delayed = new Deadlines<Following>()
  readonly #alarm: Alarm
  #connection: Connection | null = null
  #connecting = false
  /** Requests whose answers have not come. */
  #requests = 0
  /** Nothing is sent before, as the leader could not be reached. */
  #notBeforeMs = Number.NEGATIVE_INFINITY
  #failures = 0
  /** The leader had no room for a session when it was last asked for one. */
  #isWithoutSessions = false
  /** Whether an answer is not in the file yet, and until when requests wait for it. */
  #isWriteAwaited = false
  #writtenByMs = 0
  #isDue = false
  #isStopped = false

  constructor(options: FetcherOptions) {
    this.#options = options
    this.leader = options.leader
    this.#alarm = new Alarm(options.clock, () => this.#rang(), 'monotonicMs')
  }

  get size(): number {
    return this.#all.size
  }

  *followings(): Iterable<Following> {
    yield* this.#all.values()
  }

  /** Whether nothing is under way but a request that waits for something new. */
  get isAtRest(): boolean {
    return !this.#connecting && !this.#isDue && this.#wanted.size === 0
  }

  /** Fetches for a partition from now on, in its present epoch. */
  add(partition: Partition): void {
    this.remove(partition)
    const following = new Following(partition)
    this.#all.set(partition, following)
    this.#byName.set(nameOf(partition.topicId, partition.index), following)
    this.#want(following)
  }

  /** The epoch in which it is fetched for; undefined where it is not. */
  epochOf(partition: Partition): number | undefined {
    return this.#all.get(partition)?.leaderEpoch
  }

  remove(partition: Partition): void {
    const following = this.#all.get(partition)
    if (following === undefined) return
    this.#all.delete(partition)
    this.#byName.delete(nameOf(partition.topicId, partition.index))
    this.#wanted.delete(following)
    this.#delayed.cancel(following)
    this.#session.leave(following)
  }

  /** The leader may be reached now. */
  hurry(): void {
    this.#failures = 0
    this.#notBeforeMs = Number.NEGATIVE_INFINITY
    this.#soon()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#alarm.cancel()
    this.#delayed.clear()
    await this.#drop()
  }

  /** What was taken over in this turn is in the files: the leader may be told so. */
  endOfTurn(): void {
    this.#isDue = false
    this.#send()
  }

  #want(following: Following): void {
    this.#wanted.add(following)
    this.#soon()
  }

  #soon(): void {
    if (this.#isDue || this.#isStopped) return
    this.#isDue = true
    this.#options.turn.after(this)
  }

  #rang(): void {
    const nowMs = this.#options.clock.monotonicMs()
    for (const following of this.#delayed.expire(nowMs)) this.#wanted.add(following)
    if (this.#notBeforeMs <= nowMs) this.#notBeforeMs = Number.NEGATIVE_INFINITY
    this.#wake()
    this.#soon()
  }

  /** Rings for whatever is due next. */
  #wake(): void {
    const notBeforeMs = Number.isFinite(this.#notBeforeMs) ? this.#notBeforeMs : Number.POSITIVE_INFINITY
    const writtenByMs = this.#isWriteAwaited ? this.#writtenByMs : Number.POSITIVE_INFINITY
    this.#alarm.set(Math.min(this.#delayed.nextMs(), notBeforeMs, writtenByMs))
  }

  /** What was taken over is in the file, or never will be. */
  settled(): void {
    this.#isWriteAwaited = false
    this.#soon()
  }

  /** Whether a request waits until what came is in the files, as it says so: not for long, as others wait with it. */
  #mustWait(): boolean {
    const nowMs = this.#options.clock.monotonicMs()
    if (this.#isWriteAwaited) return nowMs < this.#writtenByMs
    for (const { partition } of this.#wanted) {
      if (partition.standing !== 'online' || !partition.isLoaded) continue
      const { log } = partition
      if (log.writtenOffset >= log.logEndOffset) continue
      this.#isWriteAwaited = true
      this.#writtenByMs = nowMs + writeMsMax
      partition.awaitWritten(log.logEndOffset - 1, this, null)
      this.#wake()
      return this.#isWriteAwaited
    }
    return false
  }

  #send(): void {
    if (this.#isStopped || this.#all.size === 0) return
    if (this.#notBeforeMs > this.#options.clock.monotonicMs()) {
      this.#wake()
      return
    }
    this.#notBeforeMs = Number.NEGATIVE_INFINITY
    if (this.#connection === null) {
      if (!this.#connecting) void this.#connect()
      return
    }
    if (this.#options.throttle.isExceeded()) this.#holdBack()
    // A session that is being opened takes no second request, nor does a leader that has no room for one.
    const mayBeSecond = this.#session.isOpen && this.#wanted.size > 0
    if (this.#requests >= requestsMax || (this.#requests > 0 && !mayBeSecond) || this.#mustWait()) return
    if (!this.#session.isOpen)
      for (const following of this.#all.values()) if (!this.#rests(following)) this.#wanted.add(following)
    const { partitionBytesMax } = this.#options.settings()
    // Without one there is nothing to wait for: all partitions wait until they are tried again, or a request waits already.
    const request = this.#session.next(this.#takeWanted(), partitionBytesMax, this.#requests > 0)
    if (request !== null) void this.#fetch(this.#connection, request)
  }

  /** Those that have something to say; a partition whose log cannot be used is tried again later. */
  *#takeWanted(): Iterable<Following> {
    for (const following of [...this.#wanted]) {
      this.#wanted.delete(following)
      try {
        if (following.next() === null && !following.isAsking) this.#delay(following, backoffMsMin)
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        this.#session.leave(following)
        this.#settle(following, { kind: 'refused', error, isFault: true })
        continue
      }
      yield following
    }
  }

  /** Asks for nothing that is throttled until there may be more of it. */
  #holdBack(): void {
    const { throttle, settings } = this.#options
    const waitMs = Math.max(backoffMsMin, Math.min(settings().backoffMsMax, throttle.waitMs()))
    for (const following of this.#all.values()) {
      if (!isHeldBack(following) || this.#rests(following)) continue
      this.#wanted.delete(following)
      this.#session.leave(following)
      this.#delay(following, waitMs)
    }
  }

  /** Less while it asks for what is throttled: see `ReplicationThrottle.bytesMax`. */
  #answerBytesMax(): number {
    const { throttle, settings } = this.#options
    const { answerBytesMax } = settings()
    if (throttle.bytesMax >= answerBytesMax) return answerBytesMax
    for (const following of this.#all.values())
      if (isHeldBack(following) && !this.#rests(following)) return throttle.bytesMax
    return answerBytesMax
  }

  #rests(following: Following): boolean {
    return this.#delayed.has(following) || following.isAsking
  }

  async #connect(): Promise<void> {
    this.#connecting = true
    try {
      const connection = await this.#options.connect()
      if (this.#isStopped) {
        await connection.close()
        return
      }
      this.#connection = connection
      this.#session.reset()
    } catch (error) {
      this.#failed(error)
    } finally {
      this.#connecting = false
    }
    this.#soon()
  }

  async #fetch(connection: Connection, asked: SessionRequest): Promise<void> {
    const { nodeId, brokerEpoch, settings } = this.#options
    const { bytesMin: minBytes, waitMsMax } = settings()
    const maxBytes = this.#answerBytesMax()
    // One that opens a session does not wait: until it is answered, no partition can be added.
    const maxWaitMs = asked.part.sessionEpoch === 0 && !this.#isWithoutSessions ? 0 : waitMsMax
    this.#requests++
    try {
      const replicaState = { replicaId: nodeId, replicaEpoch: brokerEpoch() }
      const request = { ...asked.part, replicaState, maxWaitMs, minBytes, maxBytes, isolationLevel: 0 }
      const answer = await connection.ask(Fetch, request, { leastVersion: fetchVersionMin })
      if (connection !== this.#connection) return
      this.#requests--
      this.#take(answer, asked)
    } catch (error) {
      if (connection !== this.#connection) return
      this.#failed(error)
    }
    this.#soon()
  }

  #take({ errorCode, sessionId, responses }: FetchAnswer, { part: { sessionEpoch }, number }: SessionRequest): void {
    if (errorCode !== codes.NONE) {
      // The answer to a request whose place another has taken.
      if (errorCode === codes.INVALID_FETCH_SESSION_EPOCH && this.#requests > 0) return
      // Another request that is on its way is still to be answered.
      this.#session.reset()
      this.#later(new KafkaError(errorCode, `the leader refuses to go on with the session: ${codeName(errorCode)}`))
      return
    }
    this.#failures = 0
    if (sessionEpoch === 0) {
      this.#session.opened(sessionId)
      this.#isWithoutSessions = sessionId === 0
    } else if (sessionId === 0) this.#session.reset()
    for (const { topicId, partitions } of responses) {
      for (const answer of partitions) {
        const following = this.#byName.get(nameOf(topicId, answer.partitionIndex))
        if (following === undefined) continue
        if (isThrottled(following.partition, 'follower')) this.#options.throttle.record(sizeOf(answer.records))
        if (!this.#rests(following)) this.#settle(following, following.take(answer, number))
      }
    }
  }

  #settle(following: Following, outcome: Outcome): void {
    switch (outcome.kind) {
      case 'taken':
      case 'late':
        this.#want(following)
        break
      case 'out of range':
        void this.#askWhereTheLogLies(following)
        break
      case 'refused':
        this.#refused(following, outcome)
    }
  }

  #refused(following: Following, { error, isFault }: Outcome & { kind: 'refused' }): void {
    const { partition } = following
    this.#session.leave(following)
    if (partition.standing !== 'online') return
    const { backoffMsMax } = this.#options.settings()
    following.isFaulty = isFault
    if (isFault) {
      const line = this.#options.logLimit.take()
      if (line) {
        const { leader } = this
        this.#options.logger.error('what the leader of a partition gave cannot be taken over; it is asked again', {
          ...{ partition: partition.name, leader, code: codeName(error.code), reason: error.message, ...line },
        })
      }
    }
    this.#delay(following, isFault ? backoffMsMax : growing(following.failures, backoffMsMax))
    following.failures++
  }

  #delay(following: Following, ms: number): void {
    this.#delayed.set(following, this.#options.clock.monotonicMs() + ms)
    this.#wake()
  }

  /** Asks where the log of a leader begins and ends that has nothing at the end of this one. */
  async #askWhereTheLogLies(following: Following): Promise<void> {
    const connection = this.#connection!
    const { topic: name, index: partitionIndex } = following.partition
    following.isAsking = true
    this.#session.leave(following)
    const ask = async (timestamp: number) => {
      const partitions = [{ partitionIndex, timestamp, currentLeaderEpoch: following.leaderEpoch }]
      const request = { replicaId: this.#options.nodeId, isolationLevel: 0, topics: [{ name, partitions }] }
      const answer = await connection.ask(ListOffsets, request, { leastVersion: listOffsetsVersionMin })
      return answer.topics[0]!.partitions[0]!
    }
    try {
      const [start, end] = await Promise.all([ask(earliest), ask(latest)])
      const refusal = start.errorCode || end.errorCode
      if (this.#all.get(following.partition) !== following) return
      following.isAsking = false
      if (refusal !== codes.NONE) {
        const error = new KafkaError(refusal, 'its leader does not tell where its log lies')
        this.#refused(following, { kind: 'refused', error, isFault: false })
      } else this.#settle(following, following.moveInto({ start: start.offset, end: end.offset }))
    } catch (error) {
      following.isAsking = false
      if (this.#all.get(following.partition) === following) this.#want(following)
      if (connection === this.#connection) this.#failed(error)
    }
  }

  /** The connection is of no use any more. Bugs are thrown on. */
  #failed(error: unknown): void {
    if (!expectedErrors.has((error as Error).name)) throw error
    if (this.#isStopped) return
    void this.#drop()
    this.#later(error as Error)
  }

  #later(error: Error): void {
    const { clock, logger, settings } = this.#options
    const waitMs = growing(this.#failures++, settings().backoffMsMax)
    this.#notBeforeMs = clock.monotonicMs() + waitMs
    this.#wake()
    // Said once, when it begins.
    if (this.#failures === 1)
      logger.info('cannot fetch from a leader now', { leader: this.leader, reason: error.message })
  }

  async #drop(): Promise<void> {
    const connection = this.#connection
    this.#connection = null
    this.#requests = 0
    this.#session.reset()
    await connection?.close()
  }
}

/** Whether the rate of throttled partitions is meant for it: one in sync is waited for by producers. */
function isHeldBack({ partition, isInSync }: Following): boolean {
  return !isInSync && isThrottled(partition, 'follower')
}

function growing(failures: number, msMax: number): number {
  return Math.min(msMax, backoffMsMin * 2 ** Math.min(failures, 20))
}

function nameOf(topicId: string, index: number): string {
  return `${topicId}/${index}`
}
