/**
 * Transactions → one request to etcd, and its answer → their results. Those that touch different keys go together, each with its own
 * conditions, in one transaction of etcd.
 *
 * That transaction has one condition of its own: its writer's mark is as the writer left it. It writes the mark anew whatever becomes of
 * the others. So however often it is sent, or arrives, it takes effect once; and whoever reads the mark knows whether it has.
 */
import type { Condition, Transaction, TransactionResult } from '../store.ts'
import {
  type Compare,
  encoded,
  type KeyValue,
  type RequestOp,
  rangeOf,
  revisionOf,
  type TxnRequest,
  type TxnResponse,
} from './messages.ts'

/** Where a writer marks what it has done last. */
export interface Mark {
  /** The whole key. */
  readonly key: string
  readonly lease: string
  readonly revision: number
}

/** etcd's own limit of compares, and of operations, counted along the deepest path of a transaction in transactions. */
const etcdOperationsMax = 128
/** So few go together that what is rejected as a whole is soon sent one by one. */
export const batchMax = 32
/** What a batch may come to, in bytes of keys and values. */
const batchBytesMax = 1_300_000

/** How many of the first transactions can go together. */
export function batchLength(waiting: readonly Transaction[]): number {
  const read = new Set<string>()
  const written = new Set<string>()
  let operations = 0
  let bytes = 0
  let length = 0
  for (const transaction of waiting) {
    const { conditions = [], changes } = transaction
    const alone = changes.some(change => 'prefix' in change)
    operations = Math.max(operations, conditions.length, changes.length)
    bytes += bytesOf(transaction)
    // The transactions themselves, and the mark, count on the level above.
    const fits = length + 2 + operations <= etcdOperationsMax && bytes <= batchBytesMax
    const apart =
      !conditions.some(({ key }) => written.has(key)) &&
      !changes.some(change => 'key' in change && (written.has(change.key) || read.has(change.key)))
    if (length > 0 && (alone || !fits || !apart || length === batchMax)) break
    length++
    if (alone) break
    for (const { key } of conditions) read.add(key)
    for (const change of changes) if ('key' in change) written.add(change.key)
  }
  return length
}

/** Keys and values, which is most of what a transaction is. */
export function bytesOf({ conditions = [], changes }: Transaction): number {
  let bytes = 0
  for (const { key } of conditions) bytes += Buffer.byteLength(key) + 64
  for (const change of changes) {
    if ('prefix' in change) bytes += 2 * Buffer.byteLength(change.prefix) + 64
    else bytes += Buffer.byteLength(change.key) + Buffer.byteLength(change.value ?? '') + 64
  }
  return bytes
}

/** The request that carries these transactions out, numbered so that the mark tells of it. */
export function batchRequest(
  transactions: readonly Transaction[],
  prefix: string,
  mark: Mark,
  number: number,
): TxnRequest {
  const key = encoded(mark.key)
  return {
    compare: [unchanged(key, mark.revision)],
    success: [
      ...transactions.map(transaction => ({ request_txn: transactionRequest(transaction, prefix) })),
      { request_put: { key, value: encoded(String(number)), lease: mark.lease } },
    ],
    failure: [{ request_range: { key } }],
  }
}

function transactionRequest({ conditions = [], changes }: Transaction, prefix: string): TxnRequest {
  const keys = [...new Set(conditions.map(({ key }) => key))]
  return {
    compare: conditions.map(({ key, revision }) => unchanged(encoded(prefix + key), revision)),
    success: changes.map(change => operation(change, prefix)),
    failure: keys.map(key => ({ request_range: { key: encoded(prefix + key) } })),
  }
}

function unchanged(key: string, revision: number): Compare {
  return { key, target: 'MOD', result: 'EQUAL', mod_revision: String(revision) }
}

function operation(change: Transaction['changes'][number], prefix: string): RequestOp {
  if ('prefix' in change) return { request_delete_range: rangeOf(prefix + change.prefix) }
  const key = encoded(prefix + change.key)
  if (change.value === null) return { request_delete_range: { key } }
  const lease = change.session && { lease: change.session.id }
  return { request_put: { key, value: encoded(change.value), ...lease } }
}

/** The results of transactions that went together, or null where the mark was another. */
export function batchResults(transactions: readonly Transaction[], answer: TxnResponse): TransactionResult[] | null {
  if (!answer.succeeded) return null
  const revision = revisionOf(answer.header?.revision)
  return transactions.map((transaction, i) => {
    const own = answer.responses?.[i]?.response_txn
    if (own?.succeeded) return { applied: true, revision: hasEffect(own) ? revision : newestCondition(transaction) }
    return {
      applied: false,
      revision: newest(own?.responses?.flatMap(({ response_range }) => response_range?.kvs ?? [])),
    }
  })
}

/** The mark as an answer tells it that the batch did not take effect; null where there is none any more. */
export function markIn({ responses }: TxnResponse): KeyValue | null {
  return responses?.[0]?.response_range?.kvs?.[0] ?? null
}

/**
 * What became of a transaction, by what there was of its conditions' keys, and of those that it deletes, just before; `fullPrefixes` are those
 * under which there was anything.
 */
export function resultBy(
  { conditions = [], changes }: Transaction,
  before: ReadonlyMap<string, KeyValue>,
  revision: number,
  fullPrefixes: ReadonlySet<string> = new Set(),
): TransactionResult {
  const revisionBefore = ({ key }: Condition) => Number(before.get(key)?.mod_revision ?? 0)
  if (conditions.every(condition => revisionBefore(condition) === condition.revision)) {
    const hasEffect = changes.some(change =>
      'prefix' in change ? fullPrefixes.has(change.prefix) : change.value !== null || before.has(change.key),
    )
    return { applied: true, revision: hasEffect ? revision : newestCondition({ conditions }) }
  }
  return { applied: false, revision: Math.max(0, ...conditions.map(revisionBefore)) }
}

/** Whether anybody who watches was told anything. */
function hasEffect({ responses = [] }: TxnResponse): boolean {
  return responses.some(
    ({ response_put, response_delete_range }) =>
      response_put !== undefined || Number(response_delete_range?.deleted ?? 0) > 0,
  )
}

function newestCondition({ conditions = [] }: Pick<Transaction, 'conditions'>): number {
  return conditions.reduce((most, { revision }) => Math.max(most, revision), 0)
}

function newest(entries: readonly KeyValue[] = []): number {
  return entries.reduce((most, { mod_revision }) => Math.max(most, revisionOf(mod_revision)), 0)
}
