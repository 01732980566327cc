/** DescribeTransactions: the state of transactional ids (KIP-664). */
import { codes } from '../../protocol/errors.ts'
import type {
  DescribeTransactionsRequest,
  DescribeTransactionsResponse,
} from '../../protocol/messages/describe-transactions.ts'
import { type Answer, andThen, gather } from '../coordination/answer.ts'
import type { Transaction } from '../transactions/transaction.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

type Description = DescribeTransactionsResponse['transactionStates'][number]

/** TRANSACTIONAL_ID_NOT_FOUND for those that nobody has begun with, or that have expired. */
export function describeTransactions(
  { transactionalIds }: DescribeTransactionsRequest,
  context: Context,
): Answer<DescribeTransactionsResponse> {
  const all = transactionalIds.map(id => describe(id, context))
  return gather(all, transactionStates => ({ throttleTimeMs: 0, transactionStates }))
}

function describe(id: string, context: Context): Answer<Description> {
  const { broker } = context
  if (!broker.authorize(context, 'describe', 'transactionalId', id)) {
    return withoutState(id, codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  }
  if (id === '') return withoutState(id, codes.INVALID_REQUEST)
  return andThen(broker.transactions.describe(id), found => {
    if (typeof found === 'number') return withoutState(id, found)
    return found === null ? withoutState(id, codes.TRANSACTIONAL_ID_NOT_FOUND) : described(found, context)
  })
}

/** Partitions of topics that this client may not see are left out. */
function described(transaction: Transaction, context: Context): Description {
  return {
    errorCode: codes.NONE,
    transactionalId: transaction.transactionalId,
    transactionState: transaction.state,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStartTimeMs: transaction.startMs,
    producerId: transaction.producerId,
    producerEpoch: transaction.producerEpoch,
    topics: [...transaction.partitions]
      .filter(([topic]) => context.broker.authorize(context, 'describe', 'topic', topic))
      .map(([topic, partitions]) => ({ topic, partitions: [...partitions] })),
  }
}

/** The code for each transactional id. */
export function refuseDescribeTransactions(
  { transactionalIds }: DescribeTransactionsRequest,
  { errorCode }: Refusal,
): DescribeTransactionsResponse {
  return { throttleTimeMs: 0, transactionStates: transactionalIds.map(id => withoutState(id, errorCode)) }
}

function withoutState(transactionalId: string, errorCode: number): Description {
  return {
    errorCode,
    transactionalId,
    transactionState: '',
    transactionTimeoutMs: 0,
    transactionStartTimeMs: 0,
    producerId: 0,
    producerEpoch: 0,
    topics: [],
  }
}
