/** A whole broker over real sockets whose clock a test turns, and a client that asks it what tests ask. */
import type { Test } from 'tap'
import { systemClock } from '../lib/base/clock.ts'
import { createLogger } from '../lib/base/logger.ts'
import { seededRandom } from '../lib/base/random.ts'
import { Client } from '../lib/client/client.ts'
import { Composition } from '../lib/composition.ts'
import { BrokerConfig } from '../lib/config/config.ts'
import type { BrokerServices } from '../lib/handlers/context.ts'
import type { Metric } from '../lib/metrics/metrics.ts'
import type { Network } from '../lib/network/network.ts'
import { systemNetwork } from '../lib/network/tcp.ts'
import { ManualClock } from '../lib/testing/clock.ts'
import { CreateTopics } from '../protocol/messages/create-topics.ts'
import { Fetch } from '../protocol/messages/fetch.ts'
import { FindCoordinator } from '../protocol/messages/find-coordinator.ts'
import { Heartbeat } from '../protocol/messages/heartbeat.ts'
import { JoinGroup } from '../protocol/messages/join-group.ts'
import { ListOffsets } from '../protocol/messages/list-offsets.ts'
import { Produce } from '../protocol/messages/produce.ts'
import { SyncGroup } from '../protocol/messages/sync-group.ts'
import { buildBatch } from '../protocol/records/batch.ts'
import { type Files, memoryFiles } from '../storage/files.ts'
import type { Log } from '../storage/log.ts'

/** A client of the broker at `host:port`. */
export function connect(bootstrap: string): Promise<Client> {
  const [host, port] = bootstrap.split(':') as [string, string]
  return Client.connect({ host, port: Number(port) })
}

/** What such a broker may have instead of files in memory and the system's network. */
export interface TurnedParts {
  readonly files?: Files
  readonly network?: Network
}

/** A broker, its clock, and a client. */
export class Turned {
  readonly clock: ManualClock
  readonly client: Client
  readonly #broker: Composition

  private constructor(clock: ManualClock, broker: Composition, client: Client) {
    this.clock = clock
    this.#broker = broker
    this.client = client
  }

  static async start(
    t: Test,
    properties: Record<string, string> = {},
    { files = memoryFiles(), network = systemNetwork }: TurnedParts = {},
  ): Promise<Turned> {
    const clock = new ManualClock({ immediates: 'real' })
    const broker = await Composition.start({
      config: BrokerConfig.parse(
        { listeners: 'PLAINTEXT://127.0.0.1:0', 'group.initial.rebalance.delay.ms': '0', ...properties },
        { warn: message => t.comment(message) },
      ),
      ephemeral: properties['log.dirs'] === undefined && properties['log.dir'] === undefined,
      parts: { clocks: { broker: clock, wire: systemClock }, random: seededRandom(1), files, network },
      logger: createLogger('silent'),
    })
    const client = await connect(broker.bootstrap)
    t.teardown(async () => {
      await client.close()
      await broker.stop()
    })
    return new Turned(clock, broker, client)
  }

  /** Turns the clock; all that was due is done and answered when it resolves. */
  advance(ms: number): Promise<void> {
    return this.clock.advanceWith(ms, () => this.#broker.settle())
  }

  async create(name: string, configs: Record<string, string> = {}): Promise<void> {
    const topic = {
      ...{ name, numPartitions: 1, replicationFactor: 1, assignments: [] },
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    }
    const { topics } = await this.client.send(CreateTopics, 5, { topics: [topic], timeoutMs: 10_000 })
    if (topics[0]!.errorCode !== 0) throw new Error(`no topic: ${topics[0]!.errorCode}`)
  }

  /** All figures, as they stand. */
  get metrics(): Metric[] {
    return this.#broker.metrics.read()
  }

  get bootstrap(): string {
    return this.#broker.bootstrap
  }

  /** What handlers are given. */
  get services(): BrokerServices {
    return this.#broker.services
  }

  /** The log of the first partition of a topic. */
  log(name: string): Log {
    return this.services.partitions.get(name, 0)!.log
  }

  /** Sends a batch as it is; gives the answer of the partition. */
  async send(name: string, records: Buffer) {
    const { responses } = await this.client.send(Produce, 9, {
      ...{ transactionalId: null, acks: -1, timeoutMs: 5_000 },
      topicData: [{ name, topicId: '', partitionData: [{ index: 0, records }] }],
    })
    return responses[0]!.partitionResponses[0]!
  }

  produce(name: string, value: string, producer?: { producerId: number; producerEpoch: number }): Promise<void> {
    return this.produceBy(this.client, name, value, producer)
  }

  async produceBy(
    client: Client,
    name: string,
    value: string,
    producer?: { producerId: number; producerEpoch: number },
  ): Promise<void> {
    const records = buildBatch({
      ...(producer && { ...producer, baseSequence: 0 }),
      records: [{ timestamp: this.clock.now(), key: null, value: Buffer.from(value) }],
    })
    const { responses } = await client.send(Produce, 9, {
      ...{ transactionalId: null, acks: -1, timeoutMs: 5_000 },
      topicData: [{ name, topicId: '', partitionData: [{ index: 0, records }] }],
    })
    const { errorCode } = responses[0]!.partitionResponses[0]!
    if (errorCode !== 0) throw new Error(`not produced: ${errorCode}`)
  }

  fetch(topic: string, fetchOffset: number, maxWaitMs: number) {
    return this.client.send(Fetch, 11, {
      ...{ maxWaitMs, minBytes: 1, maxBytes: 10_000, isolationLevel: 0, forgottenTopicsData: [] },
      topics: [{ topic, topicId: '', partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 10_000 }] }],
    })
  }

  async earliest(name: string): Promise<number> {
    const { topics } = await this.client.send(ListOffsets, 4, {
      ...{ replicaId: -1, isolationLevel: 0, timeoutMs: 1_000 },
      topics: [{ name, partitions: [{ partitionIndex: 0, timestamp: -2 }] }],
    })
    return topics[0]!.partitions[0]!.offset
  }

  /** Joins a group that forms at once; gives the member's identity. */
  async join(groupId: string, sessionTimeoutMs: number, client = this.client) {
    await client.send(FindCoordinator, 3, { key: groupId, keyType: 0, coordinatorKeys: [] })
    const joined = await client.send(JoinGroup, 3, {
      ...{ groupId, sessionTimeoutMs, rebalanceTimeoutMs: 10_000, memberId: '', protocolType: 'consumer' },
      protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
    })
    const identity = { groupId, generationId: joined.generationId, memberId: joined.memberId }
    return { ...identity, errorCode: joined.errorCode }
  }

  async sync(identity: { groupId: string; generationId: number; memberId: string }): Promise<number> {
    const { errorCode } = await this.client.send(SyncGroup, 2, { ...identity, assignments: [] })
    return errorCode
  }

  async beat(identity: { groupId: string; generationId: number; memberId: string }): Promise<number> {
    const { errorCode } = await this.client.send(Heartbeat, 2, identity)
    return errorCode
  }
}
