/** DescribeTransactions: the state of transactional ids (KIP-664), of which none is known. */
import { codes } from '../../protocol/errors.ts'
import type {
  DescribeTransactionsRequest,
  DescribeTransactionsResponse,
} from '../../protocol/messages/describe-transactions.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

/** TRANSACTIONAL_ID_NOT_FOUND for each. */
export function describeTransactions(
  { transactionalIds }: DescribeTransactionsRequest,
  context: Context,
): DescribeTransactionsResponse {
  return {
    throttleTimeMs: 0,
    transactionStates: transactionalIds.map(id => withoutState(id, errorOf(id, context))),
  }
}

function errorOf(id: string, context: Context): number {
  if (!context.broker.authorize(context, 'describe', 'transactionalId', id)) {
    return codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
  }
  return id === '' ? codes.INVALID_REQUEST : codes.TRANSACTIONAL_ID_NOT_FOUND
}

/** The code for each transactional id. */
export function refuseDescribeTransactions(
  { transactionalIds }: DescribeTransactionsRequest,
  { errorCode }: Refusal,
): DescribeTransactionsResponse {
  return { throttleTimeMs: 0, transactionStates: transactionalIds.map(id => withoutState(id, errorCode)) }
}

function withoutState(
  transactionalId: string,
  errorCode: number,
): DescribeTransactionsResponse['transactionStates'][number] {
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
