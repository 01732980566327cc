/**
 * What clients push of their metrics (KIP-714): who is subscribed to what, who may push when, and the last figures of each. The order of
 * requests is judged as Apache Kafka judges it.
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { codecOf, compressionTypeOf, decompress } from '../../protocol/records/compression.ts'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { type Metric, metricsOf } from '../metrics/metrics.ts'
import { metricsIn, type PushedMetric } from './otlp.ts'
import {
  type ClientLabels,
  Patterns,
  type Subscription,
  type SubscriptionSettings,
  subscriptionOf,
} from './subscriptions.ts'

export interface ClientTelemetryOptions {
  /** The settings of all subscriptions as they are now. */
  readonly subscriptions: () => Iterable<SubscriptionSettings>
  readonly bytesMax: () => number
  readonly clock: Clock
  readonly random: Random
}

/** Clients that are known at the same time; whoever has not asked for longest is forgotten first. As many as Apache Kafka keeps. */
const clientsMax = 16_384
/** Figures of one client, and of all together: some tens are what Kafka's clients have. */
const figuresMaxOfClient = 200
const figuresMax = 100_000
/** Who is silent for so many of its push intervals is taken for gone. */
const staleIntervals = 3
/** Metrics may take so many times their bytes when they are decompressed. */
const decompressedFactor = 10

/** What a client may compress by, the best first. */
export const acceptedCompressionTypes: readonly number[] = [4, 3, 1, 2]
const none = compressionTypeOf('none')

const noId = 'AAAAAAAAAAAAAAAAAAAAAA'

interface KnownClient {
  readonly clientId: string
  subscription: Subscription
  askedMs: number | null
  pushedMs: number | null
  /** After these a client may ask at once. */
  lastError: number
  isTerminating: boolean
  figures: readonly PushedMetric[]
}

/** What a client says of itself beside its id. */
export type ClientDescription = Omit<ClientLabels, 'client_instance_id'>

const metric = metricsOf('kafka.client', 'client-telemetry')

export class ClientTelemetry {
  readonly #options: ClientTelemetryOptions
  /** By instance id; who asked last is last. */
  readonly #clients = new Map<string, KnownClient>()
  readonly #patterns = new Patterns()
  #figures = 0

  constructor(options: ClientTelemetryOptions) {
    this.#options = options
  }

  /** To be awaited before each request, as subscriptions may have changed. */
  prepared(): Promise<void> {
    return this.#patterns.prepare(this.#options.subscriptions())
  }

  /** What a client is to push; a client without an id gets one. Throws KafkaError. */
  subscribe(instanceId: string, description: ClientDescription): { instanceId: string; subscription: Subscription } {
    const id = instanceId === noId ? this.#options.random.uuid() : instanceId
    const known = this.#clients.get(id)
    const subscription = this.#subscriptionOf(id, description)
    const now = this.#options.clock.monotonicMs()
    if (known !== undefined) {
      const since =
        now - Math.max(known.askedMs ?? Number.NEGATIVE_INFINITY, known.pushedMs ?? Number.NEGATIVE_INFINITY)
      const mayAsk =
        known.lastError === codes.UNKNOWN_SUBSCRIPTION_ID || known.lastError === codes.UNSUPPORTED_COMPRESSION_TYPE
      if (!mayAsk && since < known.subscription.pushIntervalMs) {
        throw this.#refused(known, codes.THROTTLING_QUOTA_EXCEEDED, 'the client asks before its push interval is over')
      }
    }
    const client = this.#remember(id, known ?? this.#newClient(description, subscription))
    client.subscription = subscription
    client.askedMs = now
    client.lastError = codes.NONE
    return { instanceId: id, subscription }
  }

  /** Takes what a client pushes. Throws KafkaError. */
  push(
    instanceId: string,
    description: ClientDescription,
    request: {
      readonly subscriptionId: number
      readonly terminating: boolean
      readonly compressionType: number
      readonly metrics: Buffer
    },
  ): void {
    if (instanceId === noId) throw new KafkaError(codes.INVALID_REQUEST, 'the client has no instance id')
    const subscription = this.#subscriptionOf(instanceId, description)
    const client = this.#remember(
      instanceId,
      this.#clients.get(instanceId) ?? this.#newClient(description, subscription),
    )
    client.subscription = subscription
    if (client.isTerminating) throw this.#refused(client, codes.INVALID_REQUEST, 'the client pushed its last already')
    this.#checkTime(client, request.terminating)
    if (request.subscriptionId !== subscription.id) {
      throw this.#refused(
        client,
        codes.UNKNOWN_SUBSCRIPTION_ID,
        'the client is to push something else; it has to ask again',
      )
    }
    const { compressionType, metrics } = request
    if (compressionType !== none && !acceptedCompressionTypes.includes(compressionType)) {
      throw this.#refused(
        client,
        codes.UNSUPPORTED_COMPRESSION_TYPE,
        `compression type ${compressionType} is not accepted`,
      )
    }
    const bytesMax = this.#options.bytesMax()
    if (metrics.length > bytesMax) {
      throw this.#refused(client, codes.TELEMETRY_TOO_LARGE, `metrics are to be ${bytesMax} bytes at the most`)
    }
    const figures = this.#figuresIn(client, compressionType, metrics, bytesMax)
    client.isTerminating = request.terminating
    client.pushedMs = this.#options.clock.monotonicMs()
    client.lastError = codes.NONE
    this.#setFigures(client, request.terminating ? [] : figures)
  }

  /** The last figures of all clients but those who have pushed nothing for some intervals. */
  *metrics(): Iterable<Metric> {
    yield metric('clients', this.#clients.size)
    const now = this.#options.clock.monotonicMs()
    for (const [client_instance_id, { clientId, figures, pushedMs, subscription }] of this.#clients) {
      if (pushedMs === null || now - pushedMs > staleIntervals * subscription.pushIntervalMs) continue
      const own = { client_id: clientId, client_instance_id }
      for (const { name, labels, value } of figures) yield metric(name, value, { ...labels, ...own })
    }
  }

  #checkTime(client: KnownClient, isLast: boolean): void {
    const { askedMs, pushedMs, subscription } = client
    const last = pushedMs ?? Number.NEGATIVE_INFINITY
    const isEarly = this.#options.clock.monotonicMs() - last < subscription.pushIntervalMs
    // The first push after it asked, and the last of all, may come at any time.
    const mayPush = isLast || pushedMs === null || (askedMs !== null && askedMs > last)
    if (isEarly && !mayPush) {
      throw this.#refused(client, codes.THROTTLING_QUOTA_EXCEEDED, 'the client pushes before its push interval is over')
    }
  }

  #figuresIn(client: KnownClient, compressionType: number, bytes: Buffer, bytesMax: number): PushedMetric[] {
    try {
      const plain = decompress(codecOf(compressionType), bytes, bytesMax * decompressedFactor)
      return metricsIn(plain, figuresMaxOfClient)
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof KafkaError)) throw error
      throw this.#refused(client, codes.INVALID_RECORD, `the metrics cannot be read: ${error.message}`)
    }
  }

  #subscriptionOf(client_instance_id: string, description: ClientDescription): Subscription {
    return subscriptionOf(this.#options.subscriptions(), { ...description, client_instance_id }, this.#patterns)
  }

  #newClient({ client_id: clientId }: ClientDescription, subscription: Subscription): KnownClient {
    const never = { askedMs: null, pushedMs: null, lastError: codes.NONE, isTerminating: false, figures: [] }
    return { clientId, subscription, ...never }
  }

  /** Now the last that was heard of. */
  #remember(id: string, client: KnownClient): KnownClient {
    this.#clients.delete(id)
    this.#clients.set(id, client)
    if (this.#clients.size > clientsMax) {
      const [oldest, gone] = this.#clients.entries().next().value!
      this.#clients.delete(oldest)
      this.#figures -= gone.figures.length
    }
    return client
  }

  #setFigures(client: KnownClient, figures: readonly PushedMetric[]): void {
    this.#figures -= client.figures.length
    client.figures = this.#figures + figures.length > figuresMax ? [] : figures
    this.#figures += client.figures.length
  }

  #refused(client: KnownClient, code: number, message: string): KafkaError {
    client.lastError = code
    return new KafkaError(code, message)
  }
}
