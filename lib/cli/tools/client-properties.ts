/** The properties of producers and consumers as Kafka's tools take them: from a file, and one by one. */
import { type Codec, codecs } from '../../../protocol/records/compression.ts'
import type { ConsumerOptions } from '../../client/consumer.ts'
import type { ProducerOptions } from '../../client/producer.ts'
import { propertiesIn } from './tool.ts'

export type Properties = Readonly<Record<string, string>>

/** `key=value` for each; a key alone has an empty value. */
export function pairsOf(texts: readonly string[]): Record<string, string> {
  const properties: Record<string, string> = {}
  for (const text of texts) {
    const at = text.indexOf('=')
    const name = at < 0 ? text : text.slice(0, at)
    properties[name] = at < 0 ? '' : text.slice(at + 1)
  }
  return properties
}

/** Those of a file, and over them those that were given one by one. Rejects with UsageError where it cannot be read. */
export async function propertiesOf(
  file: string | undefined,
  texts: readonly string[],
): Promise<Record<string, string>> {
  return { ...(file === undefined ? {} : await propertiesIn(file)), ...pairsOf(texts) }
}

/** A number; undefined where nothing says it. Throws an Error in the words of Kafka's clients. */
export function numberOf(properties: Properties, name: string, least = 0): number | undefined {
  const text = properties[name]?.trim()
  if (text === undefined) return undefined
  const value = Number(text)
  if (text === '' || !Number.isInteger(value)) {
    throw new Error(`Invalid value ${text} for configuration ${name}: Not a number of type INT`)
  }
  if (value < least) throw new Error(`Invalid value ${text} for configuration ${name}: Value must be at least ${least}`)
  return value
}

function flagOf(properties: Properties, name: string): boolean | undefined {
  const text = properties[name]?.trim().toLowerCase()
  if (text === undefined) return undefined
  if (text === 'true' || text === 'false') return text === 'true'
  throw new Error(
    `Invalid value ${properties[name]} for configuration ${name}: Expected value to be either true or false`,
  )
}

function oneOf<T extends string>(properties: Properties, name: string, known: readonly T[]): T | undefined {
  const text = properties[name]
  if (text === undefined) return undefined
  const found = known.find(each => each === text.toLowerCase())
  if (found !== undefined) return found
  throw new Error(`Invalid value ${text} for configuration ${name}: String must be one of: ${known.join(', ')}`)
}

/** Without what was not said, so that defaults stay. */
function said<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>
}

const acksByWord = { all: -1, '-1': -1, '0': 0, '1': 1 } as const

/** What the properties mean to a producer. Throws an Error. */
export function producerOptionsOf(properties: Properties): Partial<ProducerOptions> {
  const acks = acksByWord[oneOf(properties, 'acks', ['all', '-1', '0', '1']) ?? 'all']
  const compression = oneOf<Codec>(properties, 'compression.type', codecs)
  const idempotent = flagOf(properties, 'enable.idempotence')
  if (idempotent === true && acks !== -1) {
    throw new Error(
      'Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.',
    )
  }
  return {
    acks,
    ...said({
      ...{ compression, idempotent },
      compressionLevel:
        compression && numberOf(properties, `compression.${compression}.level`, Number.NEGATIVE_INFINITY),
      transactionalId: properties['transactional.id'],
      transactionTimeoutMs: numberOf(properties, 'transaction.timeout.ms'),
      batchBytesMax: numberOf(properties, 'batch.size'),
      lingerMs: numberOf(properties, 'linger.ms'),
      requestBytesMax: numberOf(properties, 'max.request.size'),
      bufferBytesMax: numberOf(properties, 'buffer.memory'),
      inFlightMax: numberOf(properties, 'max.in.flight.requests.per.connection', 1),
      retriesMax: numberOf(properties, 'retries'),
      retryBackoffMs: numberOf(properties, 'retry.backoff.ms'),
      requestTimeoutMs: numberOf(properties, 'request.timeout.ms'),
      deliveryTimeoutMs: numberOf(properties, 'delivery.timeout.ms'),
    }),
  } as Partial<ProducerOptions>
}

/** What the properties mean to a consumer, but for its group. Throws an Error. */
export function consumerOptionsOf(properties: Properties): Partial<ConsumerOptions> {
  const reset = oneOf(properties, 'auto.offset.reset', ['latest', 'earliest', 'none'])
  return said({
    reset: reset === 'none' ? null : reset,
    isolationLevel: oneOf(properties, 'isolation.level', ['read_uncommitted', 'read_committed']),
    minBytes: numberOf(properties, 'fetch.min.bytes'),
    maxWaitMs: numberOf(properties, 'fetch.max.wait.ms'),
    maxBytes: numberOf(properties, 'fetch.max.bytes'),
    partitionMaxBytes: numberOf(properties, 'max.partition.fetch.bytes'),
    retryBackoffMs: numberOf(properties, 'retry.backoff.ms'),
    metadataMaxAgeMs: numberOf(properties, 'metadata.max.age.ms'),
    createsTopics: flagOf(properties, 'allow.auto.create.topics') ?? true,
  }) as Partial<ConsumerOptions>
}

const assignorsByClass: Readonly<Record<string, string>> = {
  RangeAssignor: 'range',
  RoundRobinAssignor: 'roundrobin',
}

/** What the properties mean to a member of a group. Throws an Error. */
export function groupOptionsOf(groupId: string, properties: Properties): NonNullable<ConsumerOptions['group']> {
  const classes = properties['partition.assignment.strategy']?.split(',').map(name => name.trim().split('.').at(-1)!)
  const assignors = classes?.map(name => assignorsByClass[name]).filter(name => name !== undefined)
  return {
    groupId,
    ...said({
      groupInstanceId: properties['group.instance.id'],
      sessionTimeoutMs: numberOf(properties, 'session.timeout.ms'),
      heartbeatMs: numberOf(properties, 'heartbeat.interval.ms'),
      rebalanceTimeoutMs: numberOf(properties, 'max.poll.interval.ms'),
      assignors: assignors?.length ? assignors : undefined,
    }),
  } as NonNullable<ConsumerOptions['group']>
}

/** Whether, and how often, a consumer commits by itself. */
export function autoCommitMsOf(properties: Properties): number | null {
  const [on, intervalMsDefault] = [flagOf(properties, 'enable.auto.commit') ?? true, 5_000]
  return on ? (numberOf(properties, 'auto.commit.interval.ms') ?? intervalMsDefault) : null
}
