/** ListTransactions: the transactional ids that this broker coordinates, by state, producer, age and name (KIP-664, KIP-994, KIP-1152). */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { ListTransactionsRequest, ListTransactionsResponse } from '../../protocol/messages/list-transactions.ts'
import { type Pattern, patternOf } from '../base/pattern.ts'
import { type Answer, andThen } from '../coordination/answer.ts'
import { transactionStates } from '../transactions/states.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

const states: ReadonlySet<string> = new Set(transactionStates)

const everyId = () => true

/** Whoever filters by a state that there is not is told so. INVALID_REGULAR_EXPRESSION for a pattern that is none; it has to match all of an id. */
export function listTransactions(request: ListTransactionsRequest, context: Context): Answer<ListTransactionsResponse> {
  const { transactionalIdPattern } = request
  if (!transactionalIdPattern) return list(request, context, everyId)
  return patternOf(transactionalIdPattern).then(pattern => {
    if (pattern) return list(request, context, pattern)
    throw new KafkaError(codes.INVALID_REGULAR_EXPRESSION, `${transactionalIdPattern} is no regular expression`)
  })
}

function list(
  { stateFilters, producerIdFilters, durationFilter }: ListTransactionsRequest,
  context: Context,
  matches: Pattern,
): Answer<ListTransactionsResponse> {
  const unknownStateFilters = [...new Set(stateFilters)].filter(state => !states.has(state))
  const filter = {
    // Whoever asks only for states that there are not is given nothing.
    states: new Set(stateFilters),
    producerIds: new Set(producerIdFilters),
    durationMs: durationFilter,
    matches,
  }
  return andThen(context.broker.transactions.list(filter), found => {
    if (typeof found === 'number') {
      return { throttleTimeMs: 0, errorCode: found, unknownStateFilters: [], transactionStates: [] }
    }
    const listed = found
      .filter(({ transactionalId }) =>
        context.broker.authorize(context, 'describe', 'transactionalId', transactionalId, false),
      )
      .map(({ transactionalId, producerId, state }) => ({ transactionalId, producerId, transactionState: state }))
    return { throttleTimeMs: 0, errorCode: codes.NONE, unknownStateFilters, transactionStates: listed }
  })
}

/** The code, and no transactions. */
export function refuseListTransactions(
  _request: ListTransactionsRequest,
  { errorCode }: Refusal,
): ListTransactionsResponse {
  return { throttleTimeMs: 0, errorCode, unknownStateFilters: [], transactionStates: [] }
}
