/** Consumers of both protocols as a simulation has them: they do as real ones do, hear late, fall silent and come back. */
import { codes } from '../../../protocol/errors.ts'
import type { JoinGroupResponse } from '../../../protocol/messages/join-group.ts'
import type { SyncGroupResponse } from '../../../protocol/messages/sync-group.ts'
import type { Asked } from '../bench.ts'
import { assignmentBytes, assignmentOf, subscriptionBytes } from './classic-bytes.ts'
import type { ConsumerBench } from './consumer-bench.ts'

export interface Subscription {
  readonly names: readonly string[]
  /** Empty: none. Members of the classic protocol have none. */
  readonly regex: string
}

/** What both have in common: partitions are named 'topic id/partition'. */
export interface SimulatedClient {
  readonly kind: 'consumer' | 'classic'
  readonly instanceId: string | null
  readonly memberId: string
  readonly epoch: number
  /** What it consumes, by its own word. */
  readonly owned: ReadonlySet<string>
  readonly isMember: boolean
  subscription: Subscription
  /** Goes on as a client does that is let alone. */
  step(): void
  leave(): void
  /** Is gone without a word. */
  crash(): void
}

/** Runs a request; null where its answer is lost on the way, or nothing could be written. */
export type Send = <T>(request: () => T) => T | null

export class ConsumerClient implements SimulatedClient {
  readonly kind = 'consumer'
  readonly #bench: ConsumerBench
  readonly #send: Send
  readonly instanceId: string | null
  memberId: string
  epoch = 0
  isMember = false
  owned = new Set<string>()
  subscription: Subscription
  #told: Subscription | null = null
  /** What it was told to give up and has not yet. */
  #wanted: Set<string> | null = null

  constructor(bench: ConsumerBench, send: Send, instanceId: string | null, subscription: Subscription) {
    this.#bench = bench
    this.#send = send
    this.instanceId = instanceId
    this.subscription = subscription
    this.memberId = bench.newMemberId()
  }

  step(): void {
    if (this.isMember) this.#beat()
    else this.#join()
  }

  #beat(): void {
    if (this.#wanted !== null) {
      for (const name of this.owned) if (!this.#wanted.has(name)) this.owned.delete(name)
    }
    const { names, regex } = this.subscription
    const isNews = this.#told !== this.subscription
    const response = this.#send(() =>
      this.#bench.beat({
        ...{ memberId: this.memberId, memberEpoch: this.epoch, instanceId: this.instanceId },
        ...{ topicPartitions: named(this.owned), rebalanceTimeoutMs: isNews ? 60_000 : -1 },
        subscribedTopicNames: isNews ? [...names] : null,
        subscribedTopicRegex: isNews ? regex : null,
      }),
    )
    // Who has not heard says all, and hears all.
    if (response === null) this.#told = null
    else this.#hear(response)
  }

  #join(): void {
    const { names, regex } = this.subscription
    const response = this.#send(() =>
      this.#bench.joinConsumer(this.memberId, {
        ...{ instanceId: this.instanceId, subscribedTopicNames: [...names], subscribedTopicRegex: regex },
      }),
    )
    if (response) this.#hear(response)
  }

  #hear({ errorCode, memberEpoch, assignment }: ReturnType<ConsumerBench['beat']>): void {
    if (errorCode !== 0) {
      this.#lose()
      return
    }
    this.isMember = true
    this.epoch = memberEpoch
    this.#told = this.subscription
    if (!assignment) return
    const all = assignment.topicPartitions.flatMap(({ topicId, partitions }) => partitions.map(p => `${topicId}/${p}`))
    this.#wanted = new Set(all)
    for (const name of all) this.owned.add(name)
  }

  /** It is out: a real consumer drops all that it has, and joins again. */
  #lose(): void {
    this.isMember = false
    this.epoch = 0
    this.owned = new Set()
    this.#wanted = null
    this.#told = null
  }

  leave(): void {
    if (!this.isMember) return
    const { memberId, instanceId } = this
    this.owned = new Set()
    this.#send(() => this.#bench.beat({ memberId, instanceId, memberEpoch: instanceId === null ? -1 : -2 }))
    this.crash()
  }

  crash(): void {
    this.#lose()
    this.memberId = this.#bench.newMemberId()
  }
}

/** Gives up all that it has before it joins again, as consumers without cooperative rebalancing do. */
export class ClassicClient implements SimulatedClient {
  readonly kind = 'classic'
  readonly #bench: ConsumerBench
  readonly #send: Send
  readonly instanceId: string | null
  memberId = ''
  epoch = -1
  isMember = false
  owned = new Set<string>()
  subscription: Subscription
  #join: Asked<JoinGroupResponse> | null = null
  #sync: Asked<SyncGroupResponse> | null = null
  #state: 'out' | 'joining' | 'joined' | 'syncing' | 'in' = 'out'

  constructor(bench: ConsumerBench, send: Send, instanceId: string | null, subscription: Subscription) {
    this.#bench = bench
    this.#send = send
    this.instanceId = instanceId
    this.subscription = subscription
  }

  step(): void {
    const { memberId, instanceId: groupInstanceId, epoch: generationId } = this
    switch (this.#state) {
      case 'out': {
        this.owned = new Set()
        this.#state = 'joining'
        const protocols = [{ name: 'range', metadata: subscriptionBytes(this.subscription.names) }]
        const timeouts = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 30_000 }
        this.#join = this.#send(() =>
          this.#bench.join({ memberId, groupInstanceId, protocols, ...timeouts }, groupInstanceId === null ? 3 : 5),
        )
        if (this.#join === null) this.#out()
        break
      }
      case 'joining':
        if (this.#join?.answers[0]) this.#joined(this.#join.answers[0])
        break
      case 'in':
        this.#beat(this.#send(() => this.#bench.heartbeat(memberId, generationId, groupInstanceId)))
        break
      case 'syncing':
        if (this.#sync?.answers[0]) this.#synced(this.#sync.answers[0])
        break
      case 'joined':
        this.#out()
    }
  }

  #joined(answer: JoinGroupResponse): void {
    if (answer.errorCode === codes.UNKNOWN_MEMBER_ID || answer.errorCode === codes.FENCED_INSTANCE_ID)
      this.memberId = ''
    if (answer.errorCode !== 0) {
      this.#out()
      return
    }
    const { memberId, generationId = -1, leader, members } = answer
    this.memberId = memberId
    this.epoch = generationId
    this.isMember = true
    const assignments = leader === memberId ? this.#assign(members.map(({ memberId }) => memberId)) : []
    this.#state = 'syncing'
    const { instanceId: groupInstanceId } = this
    this.#sync = this.#send(() => this.#bench.sync({ memberId, generationId, groupInstanceId, assignments }))
    if (this.#sync === null) this.#out()
  }

  /** All partitions of topic t, one after the other. */
  #assign(memberIds: readonly string[]) {
    const count = this.#bench.topics?.has('t') ? (this.#bench.partitionCounts.get('t') ?? 0) : 0
    return memberIds.map((memberId, i) => {
      const partitions = Array.from({ length: count }, (_, p) => p).filter(p => p % memberIds.length === i)
      return { memberId, assignment: assignmentBytes('t', partitions) }
    })
  }

  #synced({ errorCode, assignment }: SyncGroupResponse): void {
    if (errorCode !== 0) {
      this.#refused(errorCode)
      return
    }
    this.#state = 'in'
    const topics = assignmentOf(assignment)
    const idOf = (topic: string) => this.#bench.topics?.get(topic)
    this.owned = new Set(topics.flatMap(({ topic, partitions }) => partitions.map(p => `${idOf(topic)}/${p}`)))
  }

  #beat(errorCode: number | null): void {
    if (errorCode !== null && errorCode !== 0) this.#refused(errorCode)
  }

  #refused(errorCode: number): void {
    if (errorCode !== codes.REBALANCE_IN_PROGRESS) this.memberId = ''
    this.#out()
  }

  #out(): void {
    this.owned = new Set()
    this.isMember = false
    this.#state = 'out'
    this.#join = null
    this.#sync = null
  }

  leave(): void {
    const { memberId, instanceId: groupInstanceId } = this
    if (memberId !== '') this.#send(() => this.#bench.leave({ memberId, groupInstanceId }))
    this.crash()
  }

  crash(): void {
    this.#out()
    this.memberId = ''
  }
}

function named(owned: ReadonlySet<string>) {
  const topics = new Map<string, number[]>()
  for (const name of owned) {
    const [topicId, partition] = name.split('/') as [string, string]
    topics.set(topicId, [...(topics.get(topicId) ?? []), Number(partition)])
  }
  return [...topics].map(([topicId, partitions]) => ({ topicId, partitions }))
}
