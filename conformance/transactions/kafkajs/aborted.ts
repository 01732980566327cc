/**
 * Mends how kafkajs 2.2.4 leaves out aborted records. It takes one aborted transaction off the broker's list with each record that it looks at, so where
 * two have begun before the first record of an answer, it shows a record of the second. That is no fault of a broker, and happens with
 * Apache Kafka, too. To be imported before kafkajs.
 */
import { createRequire } from 'node:module'

interface Message {
  readonly offset: string
  readonly key: Buffer | null
  readonly isControlRecord: boolean
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean }
}

interface Aborted {
  readonly producerId: string
  readonly firstOffset: string
}

interface Answer {
  readonly messages: readonly Message[]
  readonly abortedTransactions?: readonly Aborted[] | null
}

/** A marker's key is its version and its type, which is 0 for an abort. */
const abortKey = Buffer.alloc(4)

function withoutAborted({ messages, abortedTransactions }: Answer): readonly Message[] {
  const ahead = [...(abortedTransactions ?? [])].sort((a, b) => Number(a.firstOffset) - Number(b.firstOffset))
  const open = new Set<string>()
  return messages.filter(({ offset, key, isControlRecord, batchContext: { producerId, inTransaction } }) => {
    while (ahead.length > 0 && Number(ahead[0]!.firstOffset) <= Number(offset)) open.add(ahead.shift()!.producerId)
    if (isControlRecord && key?.equals(abortKey)) open.delete(producerId)
    return isControlRecord || !inTransaction || !open.has(producerId)
  })
}

const require = createRequire(import.meta.url)
const path = require.resolve('kafkajs/src/consumer/filterAbortedMessages')
require(path)
require.cache[path]!.exports = withoutAborted
