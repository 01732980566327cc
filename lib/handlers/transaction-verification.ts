/**
 * Asks the coordinator of a transaction, before the first of its records comes into a partition, whether the partition is in it; newer clients
 * have the partition added by that (KIP-890).
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { Claim } from '../transactions/shard.ts'
import type { Context } from './context.ts'

/** What a request's version lets its client understand: INVALID_TXN_STATE, TRANSACTION_ABORTABLE, or that it adds partitions by itself. */
export type TransactionSupport = 'plain' | 'abortable' | 'adds'

const retriable: ReadonlySet<number> = new Set([
  codes.NETWORK_EXCEPTION,
  codes.COORDINATOR_LOAD_IN_PROGRESS,
  codes.COORDINATOR_NOT_AVAILABLE,
  codes.NOT_COORDINATOR,
])

/** The code of the coordinator: 0 where the transaction runs and has the partition. */
export async function askAboutTransaction(
  context: Context,
  claim: Claim,
  topic: string,
  partition: number,
  support: TransactionSupport,
): Promise<number> {
  const { transactions, config, partitions } = context.broker
  if (support !== 'adds') {
    const missing = support === 'plain' ? codes.INVALID_TXN_STATE : codes.TRANSACTION_ABORTABLE
    return transactions.verifyAnywhere(claim, topic, partition, missing)
  }
  const { wire } = partitions.clocks
  const endMs = wire.monotonicMs() + config.get('add.partitions.to.txn.retry.backoff.max.ms')
  const backoffMs = config.get('add.partitions.to.txn.retry.backoff.ms')
  for (;;) {
    const errorCode = await transactions.addAnywhere(claim, topic, partition)
    // The transaction before is still ending: its producer need not hear of that.
    if (errorCode !== codes.CONCURRENT_TRANSACTIONS || wire.monotonicMs() + backoffMs > endMs) return errorCode
    await new Promise<void>(resolve => wire.schedule(backoffMs, resolve))
  }
}

/** What the coordinator said keeps records out; the partition was not asked. */
export class TransactionRefusal extends KafkaError {}

/** Resolves where a producer may append; rejects with what it is told else. */
export async function verifyForProduce(
  context: Context,
  claim: Claim,
  topic: string,
  partition: number,
  support: TransactionSupport,
): Promise<void> {
  const errorCode = await askAboutTransaction(context, claim, topic, partition, support)
  if (errorCode === codes.NONE) return
  const { transactionalId } = claim
  if (errorCode === codes.PRODUCER_FENCED) {
    throw new TransactionRefusal(
      codes.INVALID_PRODUCER_EPOCH,
      `transactional id ${transactionalId} has a newer producer; another instance took its place`,
    )
  }
  // Older clients try again after this one, without asking for the metadata anew.
  if (retriable.has(errorCode) || (errorCode === codes.CONCURRENT_TRANSACTIONS && support !== 'adds')) {
    throw new TransactionRefusal(
      codes.NOT_ENOUGH_REPLICAS,
      `the coordinator of transactional id ${transactionalId} cannot be asked now; try again`,
    )
  }
  throw new TransactionRefusal(errorCode, `${topic}-${partition} is not in a running transaction of ${transactionalId}`)
}
