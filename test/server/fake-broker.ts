/** A server whose handlers do a few lines each: for tests of what lies between a client and a handler. */

import { type Clock, systemClock } from '../../lib/base/clock.ts'
import { Deferred } from '../../lib/base/deferred.ts'
import { createLogger } from '../../lib/base/logger.ts'
import { Client } from '../../lib/client/client.ts'
import { refuseApiVersions } from '../../lib/handlers/api-versions.ts'
import { refuseFetch } from '../../lib/handlers/fetch.ts'
import { refuseHeartbeat } from '../../lib/handlers/heartbeat.ts'
import { refuseProduce } from '../../lib/handlers/produce.ts'
import { refuseSaslAuthenticate } from '../../lib/handlers/sasl-authenticate.ts'
import { refuseSaslHandshake } from '../../lib/handlers/sasl-handshake.ts'
import type { Network } from '../../lib/network/network.ts'
import { tcpNetwork } from '../../lib/network/tcp.ts'
import type { ReceivePath } from '../../lib/network/tcp-wire.ts'
import {
  type Answer,
  type BoundListener,
  type ConnectionInfo,
  type Exchange,
  type HandlerRow,
  type Interceptor,
  type Listener,
  type LoginRules,
  type Refusal,
  Server,
  type ServerLimits,
} from '../../lib/server/server.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { Fetch, type FetchRequest, type FetchResponse } from '../../protocol/messages/fetch.ts'
import { Heartbeat, type HeartbeatRequest, type HeartbeatResponse } from '../../protocol/messages/heartbeat.ts'
import { Produce, type ProduceRequest, type ProduceResponse } from '../../protocol/messages/produce.ts'
import { SaslAuthenticate } from '../../protocol/messages/sasl-authenticate.ts'
import { SaslHandshake } from '../../protocol/messages/sasl-handshake.ts'
import type { Chunk } from '../../protocol/records/chunk.ts'
import { crc32c } from '../../protocol/records/crc32c.ts'
import type { Api } from '../../protocol/schema.ts'

interface FakeContext {
  readonly connection: ConnectionInfo
  readonly exchange: Exchange
}

export interface FakeBrokerOptions {
  readonly limits?: Partial<ServerLimits>
  readonly receivePath?: ReceivePath
  readonly network?: Network
  readonly interceptors?: readonly Interceptor[]
  readonly clock?: Clock
  readonly listeners?: readonly Listener[]
  readonly logins?: LoginRules
  /** Whom clients trust, as a PEM certificate, where the first listener speaks TLS. */
  readonly authority?: string
}

const local: Listener = { name: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: '127.0.0.1', port: 0 }

function outOfPlace(): never {
  throw new KafkaError(codes.ILLEGAL_SASL_STATE)
}

/**
 * Heartbeat answers with its generation as error code; for the group 'held' when the test says so by `release`; for the group
 * 'faulty' not at all, as its handler has a bug; for the groups that are 'refused' with a KafkaError of that code, thrown or rejected with. Produce answers, after a turn, with the CRC-32C of each partition's records
 * as base offset. Fetch answers with as many zero bytes as it may.
 */
export class FakeBroker {
  readonly server: Server<FakeContext>
  readonly log: string[] = []
  /** Member ids of heartbeats, in the order in which they were handed on. */
  readonly beats: string[] = []
  readonly connections: ConnectionInfo[] = []
  /** What would have ended a real broker. */
  readonly bugs: unknown[] = []
  refuseProduce = false
  fetches = 0
  produced = 0
  /** Fetch answers that have left for the client, or never will. */
  released = 0
  bound: BoundListener[] = []
  readonly #clock: Clock
  readonly #authority: string | undefined
  readonly #held = new Map<string, () => void>()
  readonly #clients: Client[] = []
  readonly #zeroes = Buffer.alloc(64 * 1024)
  /** Views of all records that Produce was sent, which it keeps. */
  readonly kept: Buffer[] = []
  /** What Fetch answers with instead of zeros. */
  records: ((bytes: number) => Chunk[]) | null = null

  constructor({
    limits,
    receivePath,
    network,
    interceptors,
    clock = systemClock,
    listeners = [local],
    logins,
    authority,
  }: FakeBrokerOptions = {}) {
    this.#clock = clock
    this.#authority = authority
    const row = (
      api: unknown,
      handle: (request: never, context: FakeContext) => Answer<object>,
      refuse: (request: never, refusal: Refusal) => object | null,
    ): HandlerRow<FakeContext> => ({ api: api as Api, handle, refuse })
    const rows = [
      row(Produce, request => this.#produce(request), refuseProduce),
      row(Fetch, (request, context) => this.#fetch(request, context), refuseFetch),
      row(
        Heartbeat,
        request => this.#heartbeat(request),
        (request: HeartbeatRequest, refusal) => {
          if (request.memberId === 'unspeakable') throw new Error('a fault in the refusal')
          return refuseHeartbeat(request, refusal)
        },
      ),
      row(
        ApiVersions,
        (_, context) => {
          this.connections.push(context.connection)
          return { errorCode: 0, apiKeys: [], throttleTimeMs: 0 }
        },
        refuseApiVersions,
      ),
      row(SaslHandshake, outOfPlace, refuseSaslHandshake),
      row(SaslAuthenticate, outOfPlace, refuseSaslAuthenticate),
    ]
    this.server = new Server({
      listeners,
      handlers: new Map(rows.map(each => [each.api.key, each])),
      makeContext: (connection, _header, exchange) => ({ connection, exchange }),
      ...(limits && { limits }),
      network: network ?? tcpNetwork(receivePath),
      interceptors,
      ...(logins && { logins }),
      clock,
      errors: { onBug: error => this.bugs.push(error) },
      logger: createLogger('debug', { write: line => this.log.push(line) }),
    })
  }

  static async start(options?: FakeBrokerOptions): Promise<FakeBroker> {
    const broker = new FakeBroker(options)
    broker.bound = await broker.server.start()
    return broker
  }

  /** Closes all clients, and stops. */
  async stop(): Promise<void> {
    for (const release of this.#held.values()) release()
    await Promise.all(this.#clients.map(client => client.close()))
    await this.server.stop()
  }

  async connect(): Promise<Client> {
    const tls = this.#authority === undefined ? undefined : { options: { ca: [this.#authority] }, checksHost: false }
    const client = await Client.connect({ host: '127.0.0.1', port: this.bound[0]!.port, timeoutMs: 60_000, tls })
    this.#clients.push(client)
    return client
  }

  /** Answers the heartbeat of a member of the group 'held'. */
  release(memberId: string): void {
    this.#held.get(memberId)?.()
    this.#held.delete(memberId)
  }

  #heartbeat(request: HeartbeatRequest): Answer<HeartbeatResponse> {
    this.beats.push(request.memberId)
    const response = { throttleTimeMs: 0, errorCode: request.generationId }
    if (request.groupId === 'faulty') throw new Error('a fault in the handler')
    const refusal = new KafkaError(request.generationId, 'so it is')
    if (request.groupId === 'refused') throw refusal
    if (request.groupId === 'refused later') return Promise.reject(refusal)
    if (request.groupId === 'refused at last') {
      const answer = new Deferred<HeartbeatResponse | null>()
      this.#clock.immediate(() => answer.reject(refusal))
      return answer
    }
    if (request.groupId !== 'held') return response
    return new Promise(resolve => this.#held.set(request.memberId, () => resolve(response)))
  }

  #produce(request: ProduceRequest): Promise<ProduceResponse> | null {
    this.produced++
    if (this.refuseProduce) throw new KafkaError(codes.CLUSTER_AUTHORIZATION_FAILED, 'not today')
    for (const { partitionData } of request.topicData) {
      for (const { records } of partitionData) if (records) this.kept.push(records)
    }
    if (request.acks === 0) return null
    const respond = () => ({
      responses: request.topicData.map(({ name, topicId, partitionData }) => ({
        name,
        topicId,
        partitionResponses: partitionData.map(({ index, records }) => ({
          index,
          errorCode: 0,
          baseOffset: crc32c(records ?? Buffer.alloc(0)),
          recordErrors: [],
        })),
      })),
      throttleTimeMs: 0,
    })
    return new Promise(resolve => this.#clock.immediate(() => resolve(respond())))
  }

  #fetch(request: FetchRequest, { exchange }: FakeContext): FetchResponse {
    this.fetches++
    exchange.afterSend(() => this.released++)
    let records: Chunk[] = []
    if (this.records) records = this.records(request.maxBytes)
    else
      for (let left = request.maxBytes; left > 0; left -= this.#zeroes.length)
        records.push(this.#zeroes.subarray(0, left))
    const partition = { partitionIndex: 0, errorCode: 0, highWatermark: 0, abortedTransactions: null, records }
    const responses = [{ topic: 't', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitions: [partition] }]
    return { throttleTimeMs: 0, errorCode: 0, responses }
  }
}

/** Waits until something is so, turn by turn of the event loop. The test runner's own timeout ends a wait in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate)
}
