/** Changes cut into as many transactions as every store takes. */
import { type Change, operationsMax, transactionBytesMax } from './store.ts'

/** What stands around a key and its value. */
const overheadBytes = 100

/** In their order; the changes of one item, such as a topic, stay together. */
export function inParts<T>(items: readonly T[], changesOf: (item: T) => readonly Change[]): T[][] {
  const all: T[][] = []
  let [bytes, operations] = [Number.POSITIVE_INFINITY, 0]
  for (const item of items) {
    const changes = changesOf(item)
    const size = changes.reduce((sum, change) => sum + bytesOf(change), 0)
    if (bytes + size > transactionBytesMax || operations + changes.length > operationsMax) {
      all.push([])
      bytes = 0
      operations = 0
    }
    all.at(-1)!.push(item)
    bytes += size
    operations += changes.length
  }
  return all
}

function bytesOf(change: Change): number {
  if ('prefix' in change) return overheadBytes + 2 * Buffer.byteLength(change.prefix)
  // A condition names the key once more.
  return overheadBytes + 2 * Buffer.byteLength(change.key) + Buffer.byteLength(change.value ?? '')
}
