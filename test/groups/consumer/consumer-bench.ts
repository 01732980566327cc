/** Members of a consumer group on a shard without a broker, that do as clients do. */
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../../protocol/messages/consumer-group-heartbeat.ts'
import { Bench } from '../bench.ts'

type Fields = Partial<ConsumerGroupHeartbeatRequest>

/** Topic ids by one letter. */
export function id(letter: string): string {
  return letter.repeat(21).concat('A')
}

export class ConsumerBench extends Bench {
  #newMembers = 0

  constructor(topics: Readonly<Record<string, number>> = { t: 3 }) {
    super()
    this.makeTopics(topics)
  }

  makeTopics(topics: Readonly<Record<string, number>>): void {
    for (const [name, count] of Object.entries(topics)) this.partitionCounts.set(name, count)
    this.topicsBecome(Object.fromEntries(Object.keys(topics).map(name => [name, id(name)])))
  }

  beat(fields: Fields): ConsumerGroupHeartbeatResponse {
    const request: ConsumerGroupHeartbeatRequest = { ...nothing, ...fields }
    return this.run(shard => shard.consumerHeartbeat(request, this.caller(1), this.now))
  }

  joinConsumer(memberId: string, fields: Fields = {}): ConsumerGroupHeartbeatResponse {
    return this.beat({
      ...{ memberId, memberEpoch: 0, rebalanceTimeoutMs: 60_000, topicPartitions: [] },
      subscribedTopicNames: ['t'],
      ...fields,
    })
  }

  /** A member that does as it is told. */
  member(memberId: string, fields: Fields = {}): TestMember {
    return new TestMember(this, memberId, fields)
  }

  /** What a member makes up for itself; the same in each life of the same seed. */
  newMemberId(): string {
    return `new-${++this.#newMembers}`
  }

  describe(groupId = 'g') {
    return this.shard.describeConsumer(groupId)
  }

  /** What is on record of the group, once more from the log. */
  reloaded() {
    const other = new ConsumerBench()
    other.monotonicMs = this.monotonicMs
    other.topics = this.topics
    for (const [name, count] of this.partitionCounts) other.partitionCounts.set(name, count)
    other.log.push(...this.log)
    other.restart()
    return other.describe()
  }
}

const nothing: ConsumerGroupHeartbeatRequest = {
  groupId: 'g',
  memberId: '',
  memberEpoch: 0,
  instanceId: null,
  rackId: null,
  rebalanceTimeoutMs: -1,
  subscribedTopicNames: null,
  subscribedTopicRegex: null,
  serverAssignor: null,
  topicPartitions: null,
}

export class TestMember {
  readonly bench: ConsumerBench
  readonly memberId: string
  readonly fields: Fields
  epoch = 0
  /** As 'topic id/partition'. */
  owned = new Set<string>()

  constructor(bench: ConsumerBench, memberId: string, fields: Fields) {
    this.bench = bench
    this.memberId = memberId
    this.fields = fields
    this.hear(bench.joinConsumer(memberId, fields))
  }

  /** A heartbeat that says what it owns. */
  beat(fields: Fields = {}): ConsumerGroupHeartbeatResponse {
    const { memberId, epoch } = this
    const instanceId = this.fields.instanceId ?? null
    return this.hear(
      this.bench.beat({ memberId, memberEpoch: epoch, instanceId, topicPartitions: this.ownedPartitions, ...fields }),
    )
  }

  leave(epoch = -1): ConsumerGroupHeartbeatResponse {
    const { memberId, fields } = this
    return this.bench.beat({ memberId, memberEpoch: epoch, instanceId: fields.instanceId ?? null })
  }

  hear(response: ConsumerGroupHeartbeatResponse): ConsumerGroupHeartbeatResponse {
    if (response.errorCode !== 0) return response
    this.epoch = response.memberEpoch
    if (response.assignment) {
      this.owned = new Set(
        response.assignment.topicPartitions.flatMap(({ topicId, partitions }) =>
          partitions.map(partition => `${topicId}/${partition}`),
        ),
      )
    }
    return response
  }

  get ownedPartitions() {
    const topics = new Map<string, number[]>()
    for (const name of this.owned) {
      const [topicId, partition] = name.split('/') as [string, string]
      topics.set(topicId, [...(topics.get(topicId) ?? []), Number(partition)])
    }
    return [...topics].map(([topicId, partitions]) => ({ topicId, partitions }))
  }
}

/** Heartbeats of all until nobody hears anything new. */
export function settle(members: readonly TestMember[], rounds = 10): void {
  for (let n = 0; n < rounds; n++) for (const member of members) member.beat()
}
