/** The records of `__transaction_state`, in Kafka's own formats. */
import { decode, encode } from '../../protocol/codec.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { TransactionLogKey, TransactionLogValue } from '../../protocol/stored/transaction-log.ts'
import { transactionStates } from './states.ts'
import { type ClientTransactionVersion, noEpoch, type Transaction } from './transaction.ts'

/** What is recorded of a transactional id; null: it is forgotten. */
export interface TransactionRecord {
  readonly transactionalId: string
  readonly transaction: Transaction | null
}

const keyVersion = 0
/** The newest: the flexible one, with what transaction protocol 2 needs. Brokers before Apache Kafka 4 know only 0. */
const valueVersion = 1
const versionBytes = 2

/** `level` is that of the feature transaction.version. */
export function encodeTransaction(
  { transactionalId, transaction }: TransactionRecord,
  level: number,
): { readonly key: Buffer; readonly value: Buffer | null } {
  // What protocol 2 needs is kept in any case: clients should not use it at level 0, and may.
  const version = level >= 1 || (transaction?.clientTransactionVersion ?? 0) >= 2 ? valueVersion : 0
  return {
    key: prefixed(keyVersion, encode(TransactionLogKey, keyVersion, { transactionalId })),
    value: transaction && prefixed(version, encode(TransactionLogValue, version, stored(transaction))),
  }
}

/** A record read back, or null where it is of a kind that is not known here. Throws where it cannot be read. */
export function decodeTransaction(key: Buffer, value: Buffer | null): TransactionRecord | null {
  if (key.readInt16BE(0) !== keyVersion) return null
  const { transactionalId } = decode(TransactionLogKey, keyVersion, key, versionBytes)
  return { transactionalId, transaction: value && transactionOf(transactionalId, value) }
}

function stored(transaction: Transaction) {
  const partitions = [...transaction.partitions].map(([topic, indexes]) => ({ topic, partitionIds: [...indexes] }))
  return {
    producerId: transaction.producerId,
    previousProducerId: transaction.previousProducerId,
    nextProducerId: transaction.nextProducerId,
    producerEpoch: transaction.producerEpoch,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStatus: transactionStates.indexOf(transaction.state),
    // As Kafka has it: a transaction that has not begun has no list.
    transactionPartitions: transaction.state === 'Empty' ? null : partitions,
    transactionLastUpdateTimestampMs: transaction.lastUpdateMs,
    transactionStartTimestampMs: transaction.startMs,
    clientTransactionVersion: transaction.clientTransactionVersion,
  }
}

function transactionOf(transactionalId: string, value: Buffer): Transaction {
  const version = Math.min(value.readInt16BE(0), valueVersion)
  const read = decode(TransactionLogValue, version, value, versionBytes)
  const state = transactionStates[read.transactionStatus]
  if (state === undefined) {
    throw new KafkaError(
      codes.CORRUPT_MESSAGE,
      `transactional id ${transactionalId} is recorded with status ${read.transactionStatus}, which is not known`,
    )
  }
  return {
    transactionalId,
    producerId: read.producerId,
    previousProducerId: read.previousProducerId,
    nextProducerId: read.nextProducerId,
    producerEpoch: read.producerEpoch,
    lastProducerEpoch: noEpoch,
    timeoutMs: read.transactionTimeoutMs,
    state,
    partitions: new Map((read.transactionPartitions ?? []).map(each => [each.topic, new Set(each.partitionIds)])),
    startMs: read.transactionStartTimestampMs,
    lastUpdateMs: read.transactionLastUpdateTimestampMs,
    clientTransactionVersion: Math.min(2, Math.max(0, read.clientTransactionVersion)) as ClientTransactionVersion,
  }
}

/** The bytes behind a number of two; copied, as encoded bytes are a view of a block that others use. */
function prefixed(prefix: number, bytes: Buffer): Buffer {
  const whole = Buffer.allocUnsafe(versionBytes + bytes.length)
  whole.writeInt16BE(prefix, 0)
  bytes.copy(whole, versionBytes)
  return whole
}
