/**
 * Records of a topic, a page at a time: the newest or the oldest first, from an offset or a time on, those that a filter lets pass, and those that are
 * yet to come. What one request may cost is bounded in time and bytes, and each answer says how far it got.
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { Admin } from '../admin/admin.ts'
import type { LeaderOf, TopicPartition } from '../admin/by-leader.ts'
import { listEnds, listOffsets, offsetSpecs } from '../admin/offsets.ts'
import type { Looked, RecordAnswer, RecordsAnswer } from './answers.ts'
import { cursorOf, cursorText } from './cursor.ts'
import { type RecordFilter, testOf } from './filter.ts'
import { turnOver } from './turns.ts'
import { type Direction, PartitionWalk } from './walk.ts'

/** Where a page begins: at an end, at an offset of each partition, or at a time in ms since 1970. */
export type Start = 'newest' | 'oldest' | { readonly offset: number } | { readonly timeMs: number }

export interface RecordsQuery {
  readonly topic: string
  /** Indexes; null for all. */
  readonly partitions: readonly number[] | null
  readonly direction: Direction
  readonly start: Start
  /** As an answer before told it; goes before `start`. */
  readonly cursor: string | null
  readonly limit: number
  readonly filter: RecordFilter | null
  readonly committedOnly: boolean
  /** How long to wait for records that are yet to come, where there are none. */
  readonly waitMs: number
}

/** What one request may cost; a search may cost more. A record that is larger than that is read all the same. */
const [pageBytesMax, searchBytesMax, msMax] = [16_777_216, 67_108_864, 1_500]
/** Partitions that are looked at together. */
const partitionsMax = 200
/** Partitions that are read from at the same time. */
const readsMax = 8
/** Between two looks for records that are yet to come. */
const pollMs = 200
/** How long the loop is held at once. */
const sliceMs = 5

/** Rejects with KafkaError where there is no such topic or partition, or it may not be read. */
export async function readRecords(admin: Admin, query: RecordsQuery): Promise<RecordsAnswer> {
  const { clock } = admin
  const { topic, direction, limit, filter, committedOnly } = query
  const { partitions, left } = await endsOf(admin, query)
  const begunMs = clock.monotonicMs()
  const cost = { reads: 0, records: 0, bytes: 0, sliceMs: begunMs }
  const test = filter && testOf(filter)
  const read = async (records: number, bytes: number) => {
    cost.reads++
    cost.records += records
    cost.bytes += bytes
    if (clock.monotonicMs() - cost.sliceMs < sliceMs) return
    await turnOver(clock)
    cost.sliceMs = clock.monotonicMs()
  }
  const walks = partitions.map(
    ({ index, leader, ...ends }) =>
      new PartitionWalk({ topic, index, leader }, ends, direction, { admin, committedOnly, test, limit, read }),
  )
  const bytesMax = filter === null ? pageBytesMax : searchBytesMax
  const bound = (): Looked['ended'] | null => {
    // However long all else has taken, each request gets somewhere.
    if (cost.reads === 0) return null
    if (cost.bytes >= bytesMax) return 'bytes'
    return clock.monotonicMs() - begunMs >= msMax ? 'time' : null
  }
  const records: RecordAnswer[] = []
  let ended: Looked['ended'] | null = null
  while (ended === null) {
    ended = await gather(walks, records.length, limit, filter !== null, bound)
    merge(walks, direction, records, limit, ended === null && filter === null)
    if (records.length >= limit) ended = 'enough'
    else if (walks.every(({ isOver, waiting }) => isOver && waiting === 0)) ended = 'all'
  }
  const isAll = direction === 'older' && walks.every(({ isOver, waiting }) => isOver && waiting === 0)
  return {
    records,
    cursor: isAll ? null : cursorText(walks.map(({ partition, position }) => [partition.index, position])),
    looked: {
      ...{ records: cost.records, bytes: cost.bytes, ms: Math.round(clock.monotonicMs() - begunMs), ended },
      partitions: walks.map(({ partition, start, end, position: at }) => ({
        partition: partition.index,
        start,
        end,
        at,
      })),
      partitionsLeftOut: left,
    },
  }
}

/** Reads until each walk has something to take or is over, or, in a search, until enough was found. Tells the bound that was reached. */
async function gather(
  walks: readonly PartitionWalk[],
  taken: number,
  limit: number,
  isSearch: boolean,
  bound: () => Looked['ended'] | null,
): Promise<Looked['ended'] | null> {
  for (;;) {
    const hungry = walks.filter(walk => walk.waiting === 0 && !walk.isOver)
    const found = walks.reduce((sum, walk) => sum + walk.waiting, taken)
    if (hungry.length === 0 || (isSearch && found >= limit)) return null
    for (let at = 0; at < hungry.length; at += readsMax) {
      const reached = bound()
      if (reached !== null) return reached
      await Promise.all(hungry.slice(at, at + readsMax).map(walk => walk.read()))
    }
  }
}

/** Takes records by their times. Where `isOrdered`, it ends when a partition that may have a better one has nothing to take. */
function merge(
  walks: readonly PartitionWalk[],
  direction: Direction,
  records: RecordAnswer[],
  limit: number,
  isOrdered: boolean,
): void {
  const sign = direction === 'newer' ? 1 : -1
  while (records.length < limit) {
    let best: PartitionWalk | null = null
    for (const walk of walks) {
      if (walk.next === undefined) {
        if (isOrdered && !walk.isOver && walks.length > 1) return
        continue
      }
      if (best === null || sign * (walk.next.timestamp - best.next!.timestamp) < 0) best = walk
    }
    if (best === null) return
    records.push(best.next!)
    best.take()
  }
}

interface Ends {
  readonly index: number
  readonly leader: number
  readonly start: number
  readonly end: number
  readonly at: number
}

/** The partitions that have records, with their ends and where to begin. */
async function endsOf(admin: Admin, query: RecordsQuery): Promise<{ partitions: Ends[]; left: number }> {
  const { topic, partitions: wanted, committedOnly, cursor, start, direction, waitMs } = query
  const positions = cursor === null ? null : cursorOf(cursor)
  const { topics } = await admin.metadata([topic])
  const view = topics.get(topic)
  if (view === undefined || view.errorCode !== 0)
    throw new KafkaError(view?.errorCode ?? codes.UNKNOWN_TOPIC_OR_PARTITION)
  const chosen = positions ? [...positions.keys()] : (wanted ?? view.partitions.map(({ index }) => index))
  const asked = chosen.map(partition => ({ topic, partition }))
  const leaders = new Map(view.partitions.map(({ index, leader }) => [index, leader]))
  const leaderOf: LeaderOf = ({ partition }) => leaders.get(partition) ?? -1
  const [starts, lasts] = [new Map<number, number>(), new Map<number, number>()]
  for (const { partition, errorCode, value } of await listEnds(admin, asked, { committedOnly, leaderOf })) {
    if (errorCode !== 0) throw new KafkaError(errorCode)
    starts.set(partition, value.start)
    lasts.set(partition, value.end)
  }
  let ends = lasts
  if (positions && direction === 'newer') {
    const until = admin.clock.monotonicMs() + waitMs
    const hasMore = () => [...positions].some(([index, at]) => (ends.get(index) ?? 0) > at)
    while (!hasMore() && !admin.isClosed && admin.clock.monotonicMs() < until) {
      await new Promise<void>(resolve => admin.clock.schedule(pollMs, resolve))
      ends = await offsetsOf(admin, asked, offsetSpecs.latest, committedOnly)
    }
  }
  const times =
    positions === null && typeof start === 'object' && 'timeMs' in start
      ? await offsetsOf(admin, asked, start.timeMs, committedOnly)
      : null
  const all = chosen.map(index => {
    const [first, end] = [starts.get(index)!, ends.get(index)!]
    const leader = leaders.get(index) ?? -1
    const at = positions?.get(index) ?? beginning(start, first, end, times?.get(index) ?? -1, direction)
    return { index, leader, start: first, end, at }
  })
  // A walk to what is yet to come has to know of all partitions, those that are empty too.
  const full = direction === 'newer' ? all : all.filter(({ start: first, end }) => end > first)
  return { partitions: full.slice(0, partitionsMax), left: Math.max(0, full.length - partitionsMax) }
}

function beginning(start: Start, first: number, end: number, atTime: number, direction: Direction): number {
  if (start === 'oldest') return first
  if (start === 'newest') return end
  // What is asked for is seen, whichever way the walk goes.
  if ('offset' in start) return direction === 'older' ? start.offset + 1 : start.offset
  return atTime < 0 ? end : atTime
}

/** Rejects with the first partition's error. */
async function offsetsOf(
  admin: Admin,
  partitions: readonly TopicPartition[],
  time: number,
  committedOnly: boolean,
): Promise<Map<number, number>> {
  const offsets = new Map<number, number>()
  for (const { partition, errorCode, value } of await listOffsets(admin, partitions, time, { committedOnly })) {
    if (errorCode !== 0) throw new KafkaError(errorCode)
    offsets.set(partition, value.offset)
  }
  return offsets
}
