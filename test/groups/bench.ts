/** A shard on a bench: its records in an array, its clock in the test's hand, and every answer kept. */
import { Deadlines } from '../../lib/base/deadlines.ts'
import type { Commit, Committer } from '../../lib/groups/commits.ts'
import type { ReadPattern } from '../../lib/groups/consumer/resolving.ts'
import type { ClusterTopics, TopicInfo } from '../../lib/groups/consumer/topics.ts'
import type { Caller, ConsumerGroupSettings, GroupSettings, Outcome } from '../../lib/groups/outcome.ts'
import { type CommittedOffset, type GroupRecord, noTopicId } from '../../lib/groups/records.ts'
import { GroupShard } from '../../lib/groups/shard.ts'
import { encode } from '../../protocol/codec.ts'
import type { JoinGroupRequest, JoinGroupResponse } from '../../protocol/messages/join-group.ts'
import type { SyncGroupRequest, SyncGroupResponse } from '../../protocol/messages/sync-group.ts'
import { ConsumerProtocolSubscription } from '../../protocol/stored/consumer-protocol-subscription.ts'

export type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** A request whose answer may come later; counts how often it came. */
export class Asked<T> {
  readonly answers: T[] = []
  readonly reply = (answer: T): void => {
    this.answers.push(answer)
  }

  /** The one answer; throws where there is none or more. */
  get answer(): T {
    if (this.answers.length !== 1) throw new Error(`${this.answers.length} answers`)
    return this.answers[0]!
  }

  get waits(): boolean {
    return this.answers.length === 0
  }
}

type OffsetRecord = Extract<GroupRecord, { kind: 'offset' }>
type KeptOffset = OffsetRecord & { readonly value: CommittedOffset }

function isKept(record: OffsetRecord): record is KeptOffset {
  return record.value !== null
}

const startMs = Date.UTC(2026, 0, 1)
/** As many partitions as a topic has unless a test says otherwise. */
const partitionsOfTopic = 3

export class Bench {
  readonly settings: Writable<GroupSettings> = {
    sessionTimeoutMsMin: 6_000,
    sessionTimeoutMsMax: 1_800_000,
    membersMax: 100,
    initialRebalanceDelayMs: 0,
    offsetMetadataMax: 4096,
    offsetsRetentionMs: 7 * 24 * 3_600_000,
    offsetsRetentionCheckIntervalMs: 600_000,
    consumerMembersMax: 100,
    consumerAssignors: ['uniform', 'range'],
    migration: { upgrade: true, downgrade: true },
    regexRefreshIntervalMs: 600_000,
    consumerGroup: () => this.consumer,
  }
  readonly consumer: Writable<ConsumerGroupSettings> = {
    sessionTimeoutMs: 45_000,
    heartbeatIntervalMs: 5000,
    assignmentIntervalMs: 0,
    offloadsAssignor: true,
  }
  /** All that was ever recorded. */
  readonly log: GroupRecord[] = []
  monotonicMs = 1000
  /** What the next operations' records meet: an error code instead of the log. */
  failWith = 0
  /** How often that happened. */
  failures = 0
  /** Names and ids of the topics that there are; null: whatever anybody asks for. */
  topics: Map<string, string> | null = null
  /** How many partitions they have, where it is not three. */
  readonly partitionCounts = new Map<string, number>()
  /** Racks of brokers 0, 1, and so on; replicas are on all of them. */
  racks: (string | null)[] = []
  revision = 1
  /** What reads regular expressions, once it is loaded. */
  readPattern: ReadPattern | null = null
  shard: GroupShard
  #ids = 0

  constructor(settings: Partial<GroupSettings> = {}) {
    Object.assign(this.settings, settings)
    this.shard = this.#load()
  }

  get now() {
    return { ms: startMs + this.monotonicMs, monotonicMs: this.monotonicMs }
  }

  get image(): ClusterTopics {
    const { revision, topics } = this
    const brokers = this.racks.map((rack, id) => ({ id, rack }))
    const replicas = brokers.map(({ id }) => id)
    if (topics === null) {
      const everything = { has: () => true, get: () => undefined, keys: () => [] }
      return { topics: everything, topicsById: everything, brokers, revision }
    }
    const infos = [...topics].map(([name, topicId]): [string, TopicInfo] => {
      const count = this.partitionCounts.get(name) ?? partitionsOfTopic
      return [name, { name, topicId, partitions: Array.from({ length: count }, () => ({ replicas })) }]
    })
    const topicsById = new Map(infos.map(([, info]) => [info.topicId, info]))
    return { topics: new Map(infos), topicsById, brokers, revision }
  }

  /** A shard that has replayed the log, or a part of it, and has not begun to work. */
  loading(records: readonly GroupRecord[] = this.log): GroupShard {
    const { settings } = this
    const readPattern = () => this.readPattern
    const shard = new GroupShard({ settings, timers: new Deadlines(), log: () => {}, readPattern }, this.image)
    for (const record of records) shard.replay(record, -1, this.now)
    return shard
  }

  /** Has a shard begin to work in the place of the one before. */
  begin(shard: GroupShard): void {
    this.shard = shard
    this.#keep(shard, shard.loaded(this.now).records)
  }

  #load(): GroupShard {
    const shard = this.loading()
    this.#keep(shard, shard.loaded(this.now).records)
    this.work(shard)
    return shard
  }

  /** Does what nobody waits for, at most so many steps of it. */
  work(shard = this.shard, steps = Number.POSITIVE_INFINITY): void {
    for (let n = 0; n < steps && shard.hasWork; n++) this.#keep(shard, shard.work(this.now, () => true).records)
  }

  /** Topics come and go: all that there are then, with their ids. */
  topicsBecome(topics: Readonly<Record<string, string>>, shard = this.shard): void {
    const before = this.topics ?? new Map<string, string>()
    this.topics = new Map(Object.entries(topics))
    const deleted = [...before].filter(([name, id]) => topics[name] !== id).map(([name]) => ({ name }))
    const created = Object.keys(topics)
      .filter(name => before.get(name) !== topics[name])
      .map(name => ({ name }))
    this.#imageChanged(shard, { created, deleted, changed: [] })
  }

  /** A topic gets more partitions. */
  partitionsBecome(name: string, count: number): void {
    this.partitionCounts.set(name, count)
    this.#imageChanged(this.shard, { created: [], deleted: [], changed: [{ after: { name } }] })
  }

  #imageChanged(
    shard: GroupShard,
    change: Omit<Parameters<GroupShard['imageChanged']>[0], 'image' | 'brokersChanged'>,
  ) {
    this.revision++
    shard.imageChanged({ image: this.image, ...change, brokersChanged: false })
  }

  /** A new shard from the log; whoever waited at the old one is told NOT_COORDINATOR (16). */
  restart(): void {
    this.shard.close(16, this.now)
    this.shard = this.#load()
  }

  #keep(shard: GroupShard, records: readonly GroupRecord[]): void {
    if (records.length > 0 && this.failWith !== 0) {
      this.failures++
      shard.revert(records, this.failWith, this.now)
      return
    }
    for (const record of records) {
      this.log.push(record)
      shard.replay(record, -1, this.now)
    }
  }

  run<T>(operation: (shard: GroupShard) => Outcome<T>): T {
    const { records, response } = operation(this.shard)
    this.#keep(this.shard, records)
    return response
  }

  /** Lets time pass; timers do their work each at its moment. */
  advance(ms: number): void {
    const end = this.monotonicMs + ms
    while (this.shard.nextTimerMs <= end) {
      this.monotonicMs = Math.max(this.monotonicMs, this.shard.nextTimerMs)
      for (let outcome = this.shard.expire(this.now); outcome; outcome = this.shard.expire(this.now)) {
        this.#keep(this.shard, outcome.records)
      }
      this.work()
    }
    this.monotonicMs = end
  }

  caller(apiVersion: number): Caller {
    return {
      clientId: 'client',
      clientHost: '/127.0.0.1',
      apiVersion,
      uuid: () => `uuid-${++this.#ids}`,
      mayDescribe: () => true,
    }
  }

  join(request: Partial<JoinGroupRequest> = {}, apiVersion = 3): Asked<JoinGroupResponse> {
    const asked = new Asked<JoinGroupResponse>()
    this.run(shard => shard.join(joinRequest(request), this.caller(apiVersion), this.now, asked.reply))
    return asked
  }

  sync(request: Partial<SyncGroupRequest>): Asked<SyncGroupResponse> {
    const asked = new Asked<SyncGroupResponse>()
    this.run(shard => shard.sync(syncRequest(request), this.now, asked.reply))
    return asked
  }

  heartbeat(memberId: string, generationId: number, groupInstanceId: string | null = null): number {
    return this.run(shard => shard.heartbeat({ groupId: 'g', memberId, generationId, groupInstanceId }, this.now))
      .errorCode
  }

  leave(...members: { memberId?: string; groupInstanceId?: string | null }[]): number[] {
    const leaving = members.map(({ memberId = '', groupInstanceId = null }) => ({
      memberId,
      groupInstanceId,
      reason: null,
    }))
    return this.run(shard => shard.leave('g', leaving, this.now)).map(({ errorCode }) => errorCode)
  }

  commit(commit: Partial<Commit> = {}, committer: Partial<Committer> = {}, groupId = 'g'): number {
    const one: Commit = {
      topic: 't',
      topicId: noTopicId,
      partition: 0,
      offset: 5,
      leaderEpoch: -1,
      metadata: '',
      timestampMs: -1,
      ...commit,
    }
    const by: Committer = {
      generation: -1,
      memberId: '',
      groupInstanceId: null,
      apiVersion: 8,
      retentionTimeMs: -1,
      ...committer,
    }
    return this.run(shard => shard.commit(groupId, by, [one], this.now))[0]!
  }

  /** The committed offset of t-0, or of another partition; -1 where there is none. */
  committed(topic = 't', partition = 0, groupId = 'g'): number {
    const [fetched] = this.shard.fetchOffsets(groupId, [{ name: topic, partitionIndexes: [partition] }], false)
    return fetched!.partitions[0]!.committedOffset
  }

  /** Offsets that the log holds, whether they count or not. */
  lastOffsets() {
    const offsets = new Map<string, OffsetRecord>()
    for (const record of this.log) {
      if (record.kind === 'offset') offsets.set(`${record.groupId}/${record.topic}/${record.partition}`, record)
    }
    return [...offsets.values()].filter(isKept)
  }

  state(groupId = 'g'): string {
    return this.shard.describe(groupId)?.groupState ?? 'none'
  }

  members(groupId = 'g'): string[] {
    return (this.shard.describe(groupId)?.members ?? []).map(({ memberId }) => memberId)
  }

  /** A group of so many members in one stable generation; the first leads, and each is assigned its index. */
  stableGroup(count: number, request: (index: number) => Partial<JoinGroupRequest> = () => ({})): JoinGroupResponse[] {
    const delayMs = this.settings.initialRebalanceDelayMs
    this.settings.initialRebalanceDelayMs = 1
    const joins = Array.from({ length: count }, (_, i) => this.join(request(i)))
    this.advance(2)
    this.settings.initialRebalanceDelayMs = delayMs
    const joined = joins.map(({ answer }) => answer)
    const assignments = joined.map(({ memberId }, i) => ({ memberId, assignment: Buffer.from(`part ${i}`) }))
    for (const [i, { memberId, generationId = -1 }] of [...joined.entries()].reverse()) {
      const groupInstanceId = request(i).groupInstanceId ?? null
      this.sync({ memberId, generationId, groupInstanceId, assignments: i === 0 ? assignments : [] })
    }
    return joined
  }
}

export function joinRequest(request: Partial<JoinGroupRequest>): JoinGroupRequest {
  return {
    groupId: 'g',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 60_000,
    memberId: '',
    groupInstanceId: null,
    protocolType: 'consumer',
    protocols: protocols('range'),
    reason: null,
    ...request,
  }
}

export function syncRequest(request: Partial<SyncGroupRequest>): SyncGroupRequest {
  return {
    groupId: 'g',
    generationId: 1,
    memberId: '',
    groupInstanceId: null,
    protocolType: null,
    protocolName: null,
    assignments: [],
    ...request,
  }
}

/** Protocols of these names, each with metadata that says that topic t is consumed. */
export function protocols(...names: string[]) {
  return names.map(name => ({ name, metadata: subscription('t') }))
}

/** What a consumer of these topics tells its leader. */
export function subscription(...topics: string[]): Buffer {
  const body = encode(ConsumerProtocolSubscription, 1, { topics, ownedPartitions: [] })
  return Buffer.concat([Buffer.from([0, 1]), body])
}
