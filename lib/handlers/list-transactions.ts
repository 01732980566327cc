/** ListTransactions: the transactional ids that a coordinator knows, by state, producer, age and name (KIP-664). There are none. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { ListTransactionsRequest, ListTransactionsResponse } from '../../protocol/messages/list-transactions.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

const states: ReadonlySet<string> = new Set([
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
])

/** Whoever filters by a state that there is not is told so. INVALID_REGULAR_EXPRESSION for a pattern that is none. */
export function listTransactions(
  { stateFilters, transactionalIdPattern }: ListTransactionsRequest,
  _context: Context,
): ListTransactionsResponse {
  if (transactionalIdPattern !== null && !isPattern(transactionalIdPattern)) {
    throw new KafkaError(codes.INVALID_REGULAR_EXPRESSION, `${transactionalIdPattern} is no regular expression`)
  }
  const unknownStateFilters = [...new Set(stateFilters)].filter(state => !states.has(state))
  return { throttleTimeMs: 0, errorCode: codes.NONE, unknownStateFilters, transactionStates: [] }
}

/** More than this a pattern of RE2 may not repeat. */
const repeatsMax = 1_000

/**
 * Whether Apache Kafka would take the pattern, which is one of RE2. It is not matched with anything here: flags and named groups are
 * brought into JavaScript's form, and what RE2 has not (looking around, going back, many repeats) is refused.
 */
function isPattern(pattern: string): boolean {
  const escaped = pattern.replace(/\\\\/g, '')
  if (/\(\?<?[=!]|\\[1-9]/.test(escaped)) return false
  for (const [times] of escaped.matchAll(/\{\d+(?:,\d*)?\}/g)) {
    if (times.match(/\d+/g)!.some(count => Number(count) > repeatsMax)) return false
  }
  const translated = pattern
    .replace(/\(\?P</g, '(?<')
    .replace(/\(\?[imsU-]+([:)])/g, (_, end) => (end === ')' ? '' : '(?:'))
  try {
    new RegExp(translated)
    return true
  } catch {
    return false
  }
}

/** The code, and no transactions. */
export function refuseListTransactions(
  _request: ListTransactionsRequest,
  { errorCode }: Refusal,
): ListTransactionsResponse {
  return { throttleTimeMs: 0, errorCode, unknownStateFilters: [], transactionStates: [] }
}
