/** Fetch requests of tests, and what their answers say. */
import { fetch } from '../../lib/handlers/fetch.ts'
import type { FetchRequest, FetchResponse } from '../../protocol/messages/fetch.ts'
import { type PartitionsFixture, valuesOf } from '../partitions/fixture.ts'
import { promised } from './promised.ts'

const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'

/** What a test wants of one partition: [index, offset, most bytes, leader epoch, last epoch]. */
export type Wish = readonly [number, number, number?, number?, number?]

export interface Options {
  version?: number
  waitMs?: number
  minBytes?: number
  maxBytes?: number
  isolation?: number
  session?: readonly [id: number, epoch: number]
  forget?: Record<string, number[]>
  replicaId?: number
  /** Of the replica's broker. */
  brokerEpoch?: number
  /** Where the replica's logs begin. */
  logStartOffset?: number
}

function requestOf(topics: Record<string, readonly Wish[]>, options: Options): FetchRequest {
  const { version = 12, session = [0, -1], forget = {} } = options
  const named = (key: string) => (version >= 13 ? { topic: '', topicId: key } : { topic: key, topicId: zeroId })
  return {
    clusterId: null,
    replicaId: options.replicaId ?? -1,
    replicaState: { replicaId: options.replicaId ?? -1, replicaEpoch: options.brokerEpoch ?? -1 },
    maxWaitMs: options.waitMs ?? 0,
    minBytes: options.minBytes ?? 1,
    maxBytes: options.maxBytes ?? 1_000_000,
    isolationLevel: options.isolation ?? 0,
    sessionId: session[0],
    sessionEpoch: session[1],
    topics: Object.entries(topics).map(([key, wishes]) => ({
      ...named(key),
      partitions: wishes.map(([partition, fetchOffset, bytes = 1_000_000, leaderEpoch = -1, lastEpoch = -1]) => ({
        partition,
        fetchOffset,
        partitionMaxBytes: bytes,
        currentLeaderEpoch: leaderEpoch,
        lastFetchedEpoch: lastEpoch,
        logStartOffset: options.logStartOffset ?? -1,
        replicaDirectoryId: zeroId,
        highWatermark: 2 ** 63,
      })),
    })),
    forgottenTopicsData: Object.entries(forget).map(([key, partitions]) => ({ ...named(key), partitions })),
    rackId: '',
  }
}

/** Typed as to a client that stays: only one that has left is answered with null. */
export function start(
  fixture: PartitionsFixture,
  topics: Record<string, readonly Wish[]>,
  options: Options = {},
): FetchResponse | Promise<FetchResponse> {
  return promised(fetch(requestOf(topics, options), fixture.context(options.version ?? 12))) as Promise<FetchResponse>
}

export type Answered = FetchResponse & { sessionId: number }

/** A fetch that has to be answered at once. */
export function ask(
  fixture: PartitionsFixture,
  topics: Record<string, readonly Wish[]>,
  options: Options = {},
): Answered {
  const answer = start(fixture, topics, options)
  if (answer instanceof Promise) throw new Error('the fetch waits')
  return answer as Answered
}

export type Summary = readonly [string, number, number, string[]][]

/** [topic, partition, error, values] of each partition of an answer. */
export function summary({ responses }: FetchResponse): Summary {
  return responses.flatMap(({ topic, topicId, partitions }) =>
    partitions.map(
      ({ partitionIndex, errorCode, records }) =>
        [topic || topicId, partitionIndex, errorCode, valuesOf(records as Buffer[])] as const,
    ),
  ) as unknown as Summary
}

export function only(response: FetchResponse): FetchResponse['responses'][number]['partitions'][number] {
  return response.responses[0]!.partitions[0]!
}

/** Waits with a flag that says whether the answer has come. */
export function watched(answer: FetchResponse | Promise<FetchResponse>): {
  response: Promise<FetchResponse>
  done: boolean
} {
  const state = { response: Promise.resolve(answer), done: false }
  void state.response.then(() => {
    state.done = true
  })
  return state
}
