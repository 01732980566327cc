/** Topics as the console lists and describes them. What costs something is asked for the rows of one page alone. */
import { codeName, codes, KafkaError } from '../../protocol/errors.ts'
import type { Admin } from '../admin/admin.ts'
import type { LeaderOf, TopicPartition } from '../admin/by-leader.ts'
import { describeLogDirs } from '../admin/cluster.ts'
import { listEnds } from '../admin/offsets.ts'
import { listTopics } from '../admin/topics.ts'
import type { ClusterView, PartitionView, TopicView } from '../client/cluster-view.ts'
import type { Listed, PartitionRow, TopicAnswer, TopicRow } from './answers.ts'
import { type Page, pageOf } from './page-of.ts'
import { forEachInTurns, inPieces } from './turns.ts'

/** Where it is asked for, the list of all topics is kept for so long: who leafs through it and types a filter asks many times. */
const listMsMax = 2_000
/** Partitions whose ends and sizes are asked for in one page of topics. */
const measuredMax = 2_000

/** A topic in a list of all of them. */
export interface ListedTopic {
  readonly name: string
  readonly internal: boolean
  readonly partitions: readonly Pick<PartitionView, 'index' | 'leader' | 'replicas' | 'isr'>[]
}

/** The topics of a cluster, as one user sees them. */
export class TopicList {
  readonly #admin: Admin
  readonly #known: (() => readonly ListedTopic[]) | null
  #topics: Promise<readonly ListedTopic[]> | null = null
  #askedMs = 0
  #ofUsers: { readonly all: readonly ListedTopic[]; readonly topics: readonly ListedTopic[] } | null = null

  /** `known` tells them all, where this user may see them all: to ask for ten thousand takes long, and holds up whoever answers. */
  constructor(admin: Admin, known: (() => readonly ListedTopic[]) | null) {
    this.#admin = admin
    this.#known = known
  }

  /** All of them by name, internal ones too. */
  async all(): Promise<readonly ListedTopic[]> {
    if (this.#known !== null) return this.#known()
    const nowMs = this.#admin.clock.monotonicMs()
    if (this.#topics === null || nowMs - this.#askedMs > listMsMax) {
      this.#askedMs = nowMs
      this.#topics = this.#ask()
      this.#topics.catch(() => this.forget())
    }
    return this.#topics
  }

  /** Those that are not internal; found out once for each list of all. */
  async ofUsers(): Promise<readonly ListedTopic[]> {
    const all = await this.all()
    if (this.#ofUsers?.all !== all) {
      const topics: ListedTopic[] = []
      await forEachInTurns(this.#admin.clock, all, topic => {
        if (!topic.internal) topics.push(topic)
      })
      this.#ofUsers = { all, topics }
    }
    return this.#ofUsers.topics
  }

  /** What is known is not true any more. */
  forget(): void {
    this.#topics = null
  }

  async #ask(): Promise<readonly ListedTopic[]> {
    const topics = await listTopics(this.#admin, { internal: true })
    return topics.map(({ name, isInternal: internal, partitions }) => ({ name, internal, partitions }))
  }
}

export async function topicRows(
  admin: Admin,
  list: TopicList,
  page: Page & { readonly filter: string; readonly internal: boolean; readonly sort: string },
): Promise<Listed<TopicRow>> {
  const topics = await (page.internal ? list.all() : list.ofUsers())
  const { matching, rows } = await foundAmong(admin, topics, page)
  const sizes = await measured(admin, rows)
  return {
    ...{ total: topics.length, matching },
    rows: rows.map(({ name, internal: isInternal, partitions }) => ({
      ...{ name, isInternal, partitions: partitions.length },
      replicas: partitions.reduce((most, { replicas }) => Math.max(most, replicas.length), 0),
      underReplicated: partitions.filter(({ isr, replicas }) => isr.length < replicas.length).length,
      ...(sizes.get(name) ?? { records: null, bytes: null }),
    })),
  }
}

/** A page of those that have the filter in their names. Without a filter and another order, the others are not looked at. */
async function foundAmong(
  admin: Admin,
  topics: readonly ListedTopic[],
  page: Page & { readonly filter: string; readonly sort: string },
): Promise<{ matching: number; rows: readonly ListedTopic[] }> {
  const wanted = page.filter.toLowerCase()
  const isSorted = page.sort === 'partitions'
  if (wanted === '' && !isSorted) return { matching: topics.length, rows: pageOf(topics, page) }
  let matching = 0
  /** In their order; with `sort`, by how many partitions they have. */
  const found = new Map<number, ListedTopic[]>()
  await forEachInTurns(admin.clock, topics, topic => {
    if (wanted !== '' && !topic.name.toLowerCase().includes(wanted)) return
    matching++
    const key = isSorted ? topic.partitions.length : 0
    const alike = found.get(key)
    if (alike === undefined) found.set(key, [topic])
    else alike.push(topic)
  })
  return { matching, rows: pageOver(found, page) }
}

/** A page of lists one after the other, that of the greatest key first. */
function pageOver<Row>(lists: ReadonlyMap<number, readonly Row[]>, { from, limit }: Page): readonly Row[] {
  const rows: Row[] = []
  let before = 0
  for (const [, list] of [...lists].sort(([a], [b]) => b - a)) {
    const at = Math.max(0, from - before)
    rows.push(...list.slice(at, at + limit - rows.length))
    if (rows.length === limit) break
    before += list.length
  }
  return rows
}

interface Size {
  records: number | null
  bytes: number | null
}

/** Of some topics: how many records they may have, and their bytes, as far as there are not too many partitions. */
async function measured(admin: Admin, topics: readonly ListedTopic[]): Promise<Map<string, Size>> {
  const partitions: TopicPartition[] = []
  const sizes = new Map<string, Size>()
  const leaders = new Map<string, number>()
  for (const { name, partitions: each } of topics) {
    if (partitions.length + each.length > measuredMax) continue
    for (const { index, leader } of each) {
      partitions.push({ topic: name, partition: index })
      leaders.set(keyOf(name, index), leader)
    }
    sizes.set(name, { records: 0, bytes: 0 })
  }
  const leaderOf: LeaderOf = ({ topic, partition }) => leaders.get(keyOf(topic, partition))!
  const [ends, bytes] = await Promise.all([endsOf(admin, partitions, leaderOf), bytesOf(admin, partitions)])
  for (const { topic, partition } of partitions) {
    const size = sizes.get(topic)!
    const end = ends.get(keyOf(topic, partition))
    if (end === undefined || end.start === null || end.end === null) size.records = null
    else if (size.records !== null) size.records += end.end - end.start
    const held = bytes?.get(keyOf(topic, partition))
    if (held === undefined) size.bytes = null
    else if (size.bytes !== null) size.bytes += held
  }
  return sizes
}

/** First and last offset of partitions, null where a leader does not tell. */
export async function endsOf(
  admin: Admin,
  partitions: readonly TopicPartition[],
  leaderOf?: LeaderOf,
): Promise<Map<string, { start: number | null; end: number | null }>> {
  const ends = new Map<string, { start: number | null; end: number | null }>()
  if (partitions.length === 0) return ends
  const options = leaderOf === undefined ? {} : { leaderOf }
  for (const pieces of await inPieces(partitions, piece => listEnds(admin, piece, options))) {
    for (const { topic, partition, errorCode, value } of pieces)
      ends.set(keyOf(topic, partition), errorCode === 0 ? value : { start: null, end: null })
  }
  return ends
}

/** Bytes of partitions on their leaders; null where the brokers do not tell this user. */
async function bytesOf(admin: Admin, partitions: readonly TopicPartition[]): Promise<Map<string, number> | null> {
  if (partitions.length === 0) return new Map()
  const bytes = new Map<string, number>()
  try {
    for (const { nodeId } of await admin.brokers()) {
      const pieces = await inPieces(partitions, piece => describeLogDirs(admin, nodeId, piece))
      for (const { topics } of pieces.flat()) {
        for (const { name, partitions: held } of topics) {
          for (const { partitionIndex, partitionSize, isFutureKey } of held) {
            const key = keyOf(name, partitionIndex)
            if (!isFutureKey) bytes.set(key, Math.max(bytes.get(key) ?? 0, partitionSize))
          }
        }
      }
    }
  } catch (error) {
    if (error instanceof KafkaError) return null
    throw error
  }
  return bytes
}

/** One topic with a page of its partitions. Rejects with KafkaError where there is none. */
export async function topicAnswer(admin: Admin, name: string, page: Page): Promise<TopicAnswer> {
  const topic = topicIn(await admin.metadata([name]), name)
  const rows = pageOf(topic.partitions, page)
  const partitions = rows.map(({ index }) => ({ topic: name, partition: index }))
  const leaders = new Map(rows.map(({ index, leader }) => [index, leader]))
  const leaderOf: LeaderOf = ({ partition }) => leaders.get(partition)!
  const [ends, bytes] = await Promise.all([endsOf(admin, partitions, leaderOf), bytesOf(admin, partitions)])
  return {
    ...{ name, topicId: topic.topicId, isInternal: topic.isInternal },
    partitions: {
      ...{ total: topic.partitions.length, matching: topic.partitions.length },
      rows: rows.map(
        ({ index, leader, leaderEpoch, replicas, isr, offlineReplicas: offline, errorCode }): PartitionRow => ({
          ...{ index, leader, leaderEpoch, replicas, isr, offline },
          ...ends.get(keyOf(name, index))!,
          bytes: bytes?.get(keyOf(name, index)) ?? null,
          error: errorCode === 0 ? null : codeName(errorCode),
        }),
      ),
    },
  }
}

/** Throws KafkaError where the cluster has no such topic for this user. */
export function topicIn(view: ClusterView, name: string): TopicView {
  const topic = view.topics.get(name)
  if (topic === undefined || topic.errorCode !== 0)
    throw new KafkaError(topic?.errorCode ?? codes.UNKNOWN_TOPIC_OR_PARTITION)
  return topic
}

function keyOf(topic: string, partition: number): string {
  return `${topic}-${partition}`
}
