/**
 * Whether a broker serves its clients: a record is produced and consumed, and a group is joined, by the requests that clients send.
 *
 * An Ottla broker has a topic and a place for groups that are there for this and stand in no list. At any other broker a topic is made, and
 * deleted at the end like the group.
 */
import { codeName, codes, KafkaError } from '../../protocol/errors.ts'
import { DeleteGroups } from '../../protocol/messages/delete-groups.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { JoinGroup } from '../../protocol/messages/join-group.ts'
import { LeaveGroup } from '../../protocol/messages/leave-group.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { SyncGroup } from '../../protocol/messages/sync-group.ts'
import { batches, buildBatch, readRecords } from '../../protocol/records/batch.ts'
import type { Clock } from '../base/clock.ts'
import { offLoop } from '../base/off-loop.ts'
import type { Random } from '../base/random.ts'
import { Client } from '../client/client.ts'
import { type BrokerAddress, Connection } from '../client/connections.ts'
import type { ClientLogin } from '../client/login.ts'
import type { Network, TlsConnecting } from '../network/network.ts'
import { AdminError } from './admin-error.ts'

export interface HealthOptions {
  readonly address: BrokerAddress
  /** How long the whole check may take; where it is not given, 1,000 at a broker of Ottla and 10,000 at another. */
  readonly timeoutMs?: number | undefined
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  /** Encrypts the connections. */
  readonly tls?: TlsConnecting | undefined
  /** Who asks, where the listener wants to know. */
  readonly login?: ClientLogin | undefined
}

/** The broker does not serve its clients; the message says what of it failed. */
export class UnhealthyError extends Error {
  override readonly name = 'UnhealthyError'

  /** Whether all that failed is that this client may not do what checks do: the broker answers. */
  get isDenied(): boolean {
    return this.cause instanceof KafkaError && denials.has(this.cause.code)
  }
}

const denials: ReadonlySet<number> = new Set([
  codes.TOPIC_AUTHORIZATION_FAILED,
  codes.GROUP_AUTHORIZATION_FAILED,
  codes.CLUSTER_AUTHORIZATION_FAILED,
])

const healthTopic = '__ottla_health'
/** A group of another broker forms after its initial delay, three seconds by default. */
const [timeoutMsDefault, foreignTimeoutMsDefault] = [1_000, 10_000]
/** How long a member that did not leave is kept: the least that brokers allow by default. */
const sessionTimeoutMs = 6_000
/** Codes that pass by themselves right after a topic was made, and how long to wait before the next attempt. */
const passing: ReadonlySet<number> = new Set([
  codes.UNKNOWN_TOPIC_OR_PARTITION,
  codes.LEADER_NOT_AVAILABLE,
  codes.NOT_LEADER_OR_FOLLOWER,
  codes.COORDINATOR_NOT_AVAILABLE,
  codes.COORDINATOR_LOAD_IN_PROGRESS,
  codes.NOT_COORDINATOR,
])
const againMs = 50

/** Resolves once all of it was done. Rejects with UnhealthyError. */
export async function checkHealth(options: HealthOptions): Promise<void> {
  await new Check(options).run()
}

/**
 * Resolves once the broker accepts a connection, and answers where it speaks before a login: all that can be had of a listener without what its
 * clients know. Rejects with UnhealthyError.
 */
export async function checkAccepts(securityProtocol: string, options: HealthOptions): Promise<void> {
  const { address, clock, network, timeoutMs = timeoutMsDefault } = options
  try {
    if (securityProtocol === 'SASL_PLAINTEXT') {
      const connection = await Connection.open(address, {
        clientId: 'ottla-health',
        requestTimeoutMs: timeoutMs,
        clock,
        network,
      })
      await connection.close()
    } else {
      const client = await Client.connect({ ...address, timeoutMs, clock, network })
      await client.close()
    }
  } catch (error) {
    throw new UnhealthyError(`connecting: ${(error as Error).message}`)
  }
}

class Check {
  readonly #options: HealthOptions
  readonly #name: string
  /** What is under way, for the message. */
  #doing = 'connecting'
  #isOver = false
  #timeoutMs: number
  readonly #connections: Connection[] = []
  readonly #begunMs: number
  #late: (error: Error) => void = () => {}

  constructor(options: HealthOptions) {
    this.#options = options
    this.#begunMs = options.clock.monotonicMs()
    this.#timeoutMs = options.timeoutMs ?? timeoutMsDefault
    this.#name = `${healthTopic}-${options.random.uuid()}`
  }

  async run(): Promise<void> {
    const late = new Promise<never>((_, reject) => {
      this.#late = reject
    })
    const timer = { cancel: this.#timer() }
    this.#extend = timeoutMs => {
      timer.cancel()
      this.#timeoutMs = timeoutMs
      timer.cancel = this.#timer()
    }
    try {
      await Promise.race([this.#all(), late])
    } catch (error) {
      if (error instanceof UnhealthyError) throw error
      throw new UnhealthyError(`${this.#doing}: ${(error as Error).message}`, { cause: error })
    } finally {
      this.#isOver = true
      timer.cancel()
      for (const connection of this.#connections) void connection.close()
    }
  }

  /** Gives the check more time. */
  #extend: (timeoutMs: number) => void = () => {}

  #timer(): () => void {
    const { clock } = this.#options
    const timer = clock.schedule(this.#begunMs + this.#timeoutMs - clock.monotonicMs(), () =>
      this.#late(new UnhealthyError(`${this.#doing}: not done within ${this.#timeoutMs} ms`)),
    )
    return () => timer.cancel()
  }

  async #all(): Promise<void> {
    const first = await this.#connect(this.#options.address)
    const topic = await this.#topicOf(first)
    try {
      await this.#again(async () => this.#records(await this.#leaderOf(topic, first), topic))
      await this.#group(first)
    } finally {
      if (topic !== healthTopic && !this.#isOver) await this.#deleteTopic(first, topic)
    }
  }

  async #connect(address: BrokerAddress): Promise<Connection> {
    const { clock, network, tls, login } = this.#options
    const connecting = Connection.open(address, {
      ...{ clientId: 'ottla-health', requestTimeoutMs: this.#timeoutMs, clock, network, tls, login },
    })
    // One that comes too late is closed, too.
    connecting.then(connection => (this.#isOver ? connection.close() : undefined)).catch(() => {})
    const connection = await connecting
    this.#connections.push(connection)
    return connection
  }

  /** The topic of checks that the broker has; at another, one is made. */
  async #topicOf(connection: Connection): Promise<string> {
    this.#doing = 'asking for the topic of checks'
    const { topics } = await connection.ask(Metadata, {
      topics: [{ name: healthTopic }],
      allowAutoTopicCreation: false,
    })
    const errorCode = topics[0]?.errorCode ?? codes.UNKNOWN_TOPIC_OR_PARTITION
    if (errorCode === codes.NONE) return healthTopic
    if (errorCode !== codes.UNKNOWN_TOPIC_OR_PARTITION) throw new AdminError(errorCode)
    if (this.#options.timeoutMs === undefined) this.#extend(foreignTimeoutMsDefault)
    this.#doing = 'making a topic'
    const { makeCheckTopic } = await offLoop(import('./health-topic.ts'))
    await makeCheckTopic(connection, this.#name, this.#timeoutMs, address => this.#connect(address))
    return this.#name
  }

  async #deleteTopic(connection: Connection, topic: string): Promise<void> {
    const { deleteCheckTopic } = await offLoop(import('./health-topic.ts'))
    await deleteCheckTopic(connection, topic, this.#timeoutMs, address => this.#connect(address))
  }

  async #leaderOf(topic: string, first: Connection): Promise<Connection> {
    // A broker of Ottla keeps it itself, and may be known here by another address than clients are told.
    if (topic === healthTopic) return first
    const { brokers, topics } = await first.ask(Metadata, { topics: [{ name: topic }], allowAutoTopicCreation: false })
    const partition = topics[0]?.partitions[0]
    const leader = brokers.find(({ nodeId }) => nodeId === partition?.leaderId)
    if (leader === undefined) throw new AdminError(topics[0]?.errorCode || codes.LEADER_NOT_AVAILABLE)
    return brokers.length === 1 ? first : this.#connect(leader)
  }

  /** Produces a record and consumes it. */
  async #records(leader: Connection, topic: string): Promise<void> {
    this.#doing = 'producing a record'
    const value = Buffer.from(this.#name)
    const records = buildBatch({ records: [{ timestamp: this.#options.clock.now(), key: null, value }] })
    const produced = await leader.ask(
      Produce,
      {
        ...{ acks: -1, timeoutMs: this.#timeoutMs },
        topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
      },
      { mostVersion: 12 },
    )
    const { errorCode, baseOffset, errorMessage } = produced.responses[0]!.partitionResponses[0]!
    if (errorCode !== codes.NONE)
      throw new AdminError(errorCode, errorMessage && `${codeName(errorCode)}: ${errorMessage}`)
    this.#doing = 'consuming the record'
    const fetched = await leader.ask(
      Fetch,
      {
        ...{ replicaId: -1, maxWaitMs: this.#timeoutMs, minBytes: 1, maxBytes: 65_536, sessionId: 0, sessionEpoch: -1 },
        topics: [
          {
            topic,
            partitions: [
              {
                partition: 0,
                currentLeaderEpoch: -1,
                fetchOffset: baseOffset,
                logStartOffset: -1,
                partitionMaxBytes: 65_536,
              },
            ],
          },
        ],
      },
      { mostVersion: 12 },
    )
    const answer = fetched.responses[0]?.partitions[0]
    if ((answer?.errorCode ?? 0) !== codes.NONE) throw new AdminError(answer!.errorCode)
    if (!holds(answer?.records as Buffer | readonly Buffer[] | null, baseOffset, value)) {
      throw new UnhealthyError(`${this.#doing}: it is not where it was put, at offset ${baseOffset}`)
    }
  }

  /** Joins a group of its own, and takes it away again. */
  async #group(first: Connection): Promise<void> {
    this.#doing = 'looking for the coordinator of a group'
    const groupId = this.#name
    const coordinator = await this.#again(() => this.#coordinatorOf(groupId, first))
    this.#doing = 'joining a group'
    const joined = await this.#again(() => this.#join(coordinator, groupId))
    const synced = await coordinator.ask(SyncGroup, {
      ...{ groupId, ...joined, protocolType: 'consumer', protocolName: 'range' },
      assignments: [{ memberId: joined.memberId, assignment: Buffer.alloc(0) }],
    })
    if (synced.errorCode !== codes.NONE) throw new AdminError(synced.errorCode)
    this.#doing = 'leaving the group'
    const { memberId } = joined
    const left = await coordinator.ask(LeaveGroup, version => ({
      ...{ groupId, memberId },
      ...(version >= 3 ? { members: [{ memberId, groupInstanceId: null }] } : {}),
    }))
    if (left.errorCode !== codes.NONE) throw new AdminError(left.errorCode)
    await coordinator.ask(DeleteGroups, { groupsNames: [groupId] })
  }

  async #coordinatorOf(groupId: string, first: Connection): Promise<Connection> {
    const answer = await first.ask(FindCoordinator, version =>
      version >= 4 ? { keyType: 0, coordinatorKeys: [groupId] } : { keyType: 0, key: groupId },
    )
    const { errorCode, host, port } = answer.coordinators[0] ?? answer
    if (errorCode !== codes.NONE) throw new AdminError(errorCode)
    // Where there is one broker it is the one that was reached, whatever it calls itself to clients.
    const { brokers } = await first.ask(Metadata, { topics: [], allowAutoTopicCreation: false })
    return brokers.length <= 1 ? first : this.#connect({ host, port })
  }

  async #join(coordinator: Connection, groupId: string): Promise<{ memberId: string; generationId: number }> {
    const join = (memberId: string) =>
      coordinator.ask(JoinGroup, {
        ...{ groupId, memberId, sessionTimeoutMs, rebalanceTimeoutMs: sessionTimeoutMs, protocolType: 'consumer' },
        protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
      })
    let answer = await join('')
    if (answer.errorCode === codes.MEMBER_ID_REQUIRED) answer = await join(answer.memberId)
    if (answer.errorCode !== codes.NONE) throw new AdminError(answer.errorCode)
    return { memberId: answer.memberId, generationId: answer.generationId }
  }

  /** Tries until it works, or fails with something that does not pass, or the time is over. */
  async #again<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt()
      } catch (error) {
        if (this.#isOver || !(error instanceof AdminError && passing.has(error.code))) throw error
        this.#doing = `${this.#doing.split(' (')[0]} (${codeName(error.code)})`
        await new Promise<void>(resolve => this.#options.clock.schedule(againMs, resolve))
        if (this.#isOver) throw error
      }
    }
  }
}

function holds(records: Buffer | readonly Buffer[] | null, offset: number, value: Buffer): boolean {
  const bytes = Buffer.concat(([] as Buffer[]).concat(records ?? []))
  for (const at of batches(bytes)) {
    for (const record of readRecords(bytes, at)) {
      if (record.offset === offset) return record.value !== null && value.equals(record.value)
    }
  }
  return false
}
