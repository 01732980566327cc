/** What is appended in the storage simulation: records of all kinds of producers, and the ends of transactions. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import type { Codec } from '../../protocol/records/compression.ts'
import { endTransactionMarker } from '../../protocol/records/control.ts'
import type { AppendResult, Log } from '../../storage/log.ts'
import type { History } from './storage-history.ts'
import type { Member } from './storage-members.ts'
import type { Entry, PartitionModel, Producer } from './storage-model.ts'

/** Appends a batch, or sends the last one of a producer again. */
export function appendRecords(history: History, member: Member): void {
  const { random } = history
  const { model } = member
  const producer = model.producers[random.int(model.producers.length + 2)]
  if (producer === undefined) {
    if (model.producers.length < 5 && random.int(4) === 0) model.producers.push(newProducer(history))
    else appendFresh(history, member, null)
    return
  }
  const last = producer.sent[producer.sent.length - 1]
  if (last !== undefined && !isForgotten(producer, model) && last.epoch === producer.epoch && random.int(5) === 0) {
    sendAgain(history, member, producer)
    return
  }
  const inTransaction = producer.transactions.some(({ lastOffset }) => lastOffset < 0)
  if (!inTransaction && random.int(10) === 0) {
    bump(producer)
  }
  appendFresh(history, member, producer)
}

function newProducer(history: History): Producer {
  const id = 100 + history.next++
  return { id, isTransactional: history.random.int(2) === 0, epoch: 0, sequence: 0, sent: [], transactions: [] }
}

/** Appends a batch that takes as many bytes as one that was cut off. */
export function appendAlike(history: History, member: Member, taken: readonly Entry[]): void {
  const records = taken.map(({ timestamp, key, value }) => {
    return { timestamp, key, value: value === null ? null : `${history.next++}`.padEnd(value.length, '.') }
  })
  appendBatch(history, member, null, { records, compression: 'none' })
}

function appendFresh(history: History, member: Member, producer: Producer | null): void {
  const { random } = history
  const { config } = member
  const compacted = config.cleanupPolicy.includes('compact')
  const timestamp = history.now - random.int(60)
  const records = Array.from({ length: 1 + random.int(4) }, () => {
    // Some keys come back soon, others hardly ever: both a record that is replaced and one that must stay are frequent.
    const key = compacted || random.int(3) > 0 ? `key-${random.int(4) > 0 ? random.int(6) : random.int(60)}` : null
    const value = random.int(compacted ? 4 : 20) === 0 ? null : `${history.next++}`.padEnd(random.int(100), '.')
    return { timestamp: timestamp + random.int(20), key, value }
  })
  const compression = random.int(6) > 0 ? 'none' : history.pick('gzip', 'snappy', 'lz4', 'zstd')
  appendBatch(history, member, producer, { records, compression })
}

interface Batch {
  readonly records: readonly {
    readonly timestamp: number
    readonly key: string | null
    readonly value: string | null
  }[]
  readonly compression: Codec
}

function appendBatch(
  history: History,
  { model, log, config, index }: Member,
  producer: Producer | null,
  { records, compression }: Batch,
): void {
  const { leaderEpoch } = model
  const identity = producer && {
    producerId: producer.id,
    producerEpoch: producer.epoch,
    baseSequence: producer.sequence,
    isTransactional: producer.isTransactional,
  }
  const build = () =>
    buildBatch({
      compression,
      ...identity,
      records: records.map(record => ({
        timestamp: record.timestamp,
        key: record.key === null ? null : Buffer.from(record.key),
        value: record.value === null ? null : Buffer.from(record.value),
      })),
    })
  const result =
    producer && isForgotten(producer, model)
      ? attempt(leaderEpoch, log, build())
      : log.append(build(), { origin: 'client', leaderEpoch })
  if (result === null) {
    bump(producer as Producer)
    return
  }
  const { baseOffset, duplicate } = result
  const which = producer && `producer ${producer.id} (${producer.epoch}, ${producer.sequence})`
  history.say(() => `${index}: append ${records.length} at ${baseOffset}${which ? ` of ${which}` : ''}`)
  if (duplicate || baseOffset !== model.end) throw new Error(`appended at ${baseOffset}, not ${model.end}`)
  model.batchStarts.push(baseOffset)
  model.noteEpoch(leaderEpoch, baseOffset)
  let transaction = producer?.transactions.find(({ lastOffset }) => lastOffset < 0) ?? null
  if (producer?.isTransactional && transaction === null) {
    transaction = { producerId: producer.id, firstOffset: baseOffset, lastOffset: -1, aborted: false }
    producer.transactions.push(transaction)
  }
  for (const record of records) {
    const time = config.messageTimestampType === 'LogAppendTime' ? history.now : record.timestamp
    model.push({ key: record.key, value: record.value, timestamp: time, transaction, isMarker: false })
  }
  if (producer === null) return
  const baseSequence = producer.sequence
  producer.sequence += records.length
  const lastSequence = producer.sequence - 1
  const { epoch } = producer
  const lastOffset = model.end - 1
  producer.sent.push({ baseOffset, lastOffset, epoch, baseSequence, lastSequence, build, mayBeGone: false })
}

function bump(producer: Producer): void {
  producer.epoch++
  producer.sequence = 0
}

/** Whether all that it wrote may be gone: of such a producer the log may know a marker alone, and no sequence. */
function isForgotten({ sent }: Producer, { knownFrom }: PartitionModel): boolean {
  const last = sent[sent.length - 1]
  return last === undefined || last.baseOffset < knownFrom || last.mayBeGone
}

/** Appends a producer's batch, or gives null where it has to begin a new epoch, as it has with Apache Kafka. */
function attempt(leaderEpoch: number, log: Log, batch: Buffer): AppendResult | null {
  try {
    return log.append(batch, { origin: 'client', leaderEpoch })
  } catch (error) {
    if (error instanceof KafkaError && error.code === codes.OUT_OF_ORDER_SEQUENCE_NUMBER) return null
    throw error
  }
}

function sendAgain(history: History, { model, log, index }: Member, producer: Producer): void {
  const last = producer.sent[producer.sent.length - 1]
  history.say(() => `${index}: producer ${producer.id} sends ${last.baseOffset} again`)
  const result = log.append(last.build(), { origin: 'client', leaderEpoch: model.leaderEpoch })
  if (!result.duplicate || result.baseOffset !== last.baseOffset || model.end !== log.logEndOffset) {
    throw new Error(`the retry of ${last.baseOffset} was taken for ${JSON.stringify(result)}`)
  }
}

/** Ends one of the open transactions. */
export function endTransaction(history: History, { model, log, index }: Member): void {
  const open = model.openTransactions()
  const transaction = open[history.random.int(open.length)]
  if (transaction === undefined) return
  const producer = model.producers.find(({ id }) => id === transaction.producerId) as Producer
  const aborted = history.random.int(2) === 0
  const { baseOffset } = log.append(
    endTransactionMarker({
      type: aborted ? 'ABORT' : 'COMMIT',
      producerId: producer.id,
      producerEpoch: producer.epoch,
      coordinatorEpoch: 0,
      timestamp: history.now,
    }),
    { origin: 'coordinator', leaderEpoch: model.leaderEpoch },
  )
  history.say(() => `${index}: ${aborted ? 'abort' : 'commit'} of producer ${producer.id} at ${baseOffset}`)
  if (baseOffset !== model.end) throw new Error(`appended at ${baseOffset}, not ${model.end}`)
  model.batchStarts.push(baseOffset)
  model.noteEpoch(model.leaderEpoch, baseOffset)
  model.push({ key: null, value: null, timestamp: history.now, transaction: null, isMarker: true })
  transaction.lastOffset = baseOffset
  transaction.aborted = aborted
}
