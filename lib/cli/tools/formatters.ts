/** How records are printed, by the names and properties of Kafka's formatters. */
import type { RecordView } from '../../../protocol/records/record.ts'
import { type FetchedBatch, leaderEpochOf, timestampTypeOf } from '../../client/consumer.ts'
import { type Deserializer, deserializerOf } from './deserializers.ts'
import type { Formatter } from './formatter.ts'
import type { Output } from './output.ts'

type Properties = Readonly<Record<string, string>>

const nothing: Formatter = { write: () => undefined }

/** By the last part of a class's name; the older ones are of classes within others. */
const formatters: Readonly<Record<string, (properties: Properties) => Formatter | Promise<Formatter>>> = {
  DefaultMessageFormatter: properties => new DefaultFormatter(properties),
  LoggingMessageFormatter: properties => new DefaultFormatter(properties),
  NoOpMessageFormatter: () => nothing,
  OffsetsMessageFormatter: async () => (await import('./stored-formatter.ts')).storedFormatter('offsets'),
  GroupMetadataMessageFormatter: async () => (await import('./stored-formatter.ts')).storedFormatter('groups'),
  ConsumerGroupMessageFormatter: async () => (await import('./stored-formatter.ts')).storedFormatter('consumerGroups'),
  ShareGroupMessageFormatter: async () => (await import('./stored-formatter.ts')).storedFormatter('shareGroups'),
  TransactionLogMessageFormatter: async () => (await import('./stored-formatter.ts')).storedFormatter('transactions'),
}

/** The formatter of a class. Throws an Error where there is none such here. */
export async function formatterOf(className: string, properties: Properties): Promise<Formatter> {
  const name = className.split(/[.$]/).at(-1)!
  if (!Object.hasOwn(formatters, name)) {
    throw new Error(`there is no formatter ${className}; use one of ${Object.keys(formatters).join(', ')}`)
  }
  return formatters[name]!(properties)
}

const deserializerNames = ['key.deserializer', 'value.deserializer', 'headers.deserializer'] as const

class DefaultFormatter implements Formatter {
  readonly #printsTimestamp: boolean
  readonly #printsPartition: boolean
  readonly #printsOffset: boolean
  readonly #printsEpoch: boolean
  readonly #printsHeaders: boolean
  readonly #printsKey: boolean
  readonly #printsValue: boolean
  readonly #keySeparator: Buffer
  readonly #lineSeparator: Buffer
  readonly #headersSeparator: Buffer
  readonly #nullLiteral: Buffer
  readonly #deserializers: readonly (Deserializer | undefined)[]

  constructor(properties: Properties) {
    const flag = (name: string, preset: boolean) =>
      properties[name] === undefined ? preset : properties[name].trim().toLowerCase() === 'true'
    this.#printsTimestamp = flag('print.timestamp', false)
    this.#printsPartition = flag('print.partition', false)
    this.#printsOffset = flag('print.offset', false)
    this.#printsEpoch = flag('print.epoch', false)
    this.#printsHeaders = flag('print.headers', false)
    this.#printsKey = flag('print.key', false)
    this.#printsValue = flag('print.value', true)
    this.#keySeparator = Buffer.from(properties['key.separator'] ?? '\t')
    this.#lineSeparator = Buffer.from(properties['line.separator'] ?? '\n')
    this.#headersSeparator = Buffer.from(properties['headers.separator'] ?? ',')
    this.#nullLiteral = Buffer.from(properties['null.literal'] ?? 'null')
    this.#deserializers = deserializerNames.map(name => {
      const className = properties[name]
      // Kafka's formatter goes on without one that it does not find.
      return className === undefined ? undefined : deserializerOf(className)
    })
  }

  write(record: RecordView, batch: FetchedBatch, output: Output): void {
    let isFirst = true
    const part = () => {
      if (!isFirst) output.bytes(this.#keySeparator)
      isFirst = false
    }
    if (this.#printsTimestamp) {
      part()
      const type = timestampTypeOf(batch)
      output.text(type === null ? 'NO_TIMESTAMP' : `${type}:${record.timestamp}`)
    }
    if (this.#printsPartition) {
      part()
      output.text(`Partition:${batch.partition}`)
    }
    if (this.#printsOffset) {
      part()
      output.text(`Offset:${record.offset}`)
    }
    if (this.#printsEpoch) {
      part()
      const epoch = leaderEpochOf(batch)
      output.text(`Epoch:${epoch < 0 ? 'NOT_PRESENT' : epoch}`)
    }
    if (this.#printsHeaders) {
      part()
      this.#headers(record, output)
    }
    const [keyDeserializer, valueDeserializer] = this.#deserializers
    if (this.#printsKey) {
      part()
      this.#bytes(record.key, keyDeserializer, output)
    }
    if (this.#printsValue) {
      part()
      this.#bytes(record.value, valueDeserializer, output)
    }
    if (!isFirst) output.bytes(this.#lineSeparator)
  }

  #headers({ headers }: RecordView, output: Output): void {
    if (headers.length === 0) {
      output.text('NO_HEADERS')
      return
    }
    for (const [index, { key, value }] of headers.entries()) {
      if (index > 0) output.bytes(this.#headersSeparator)
      output.text(`${key}:`)
      this.#bytes(value, this.#deserializers[2], output)
    }
  }

  #bytes(bytes: Buffer | null, deserializer: Deserializer | undefined, output: Output): void {
    const there = bytes ?? this.#nullLiteral
    if (deserializer === undefined) output.bytes(there)
    else output.text(deserializer(there))
  }
}
