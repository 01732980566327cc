/**
 * Metadata that were saved, as they are restored: whatever counts goes on above what may have been given out since. Leader epochs and
 * broker epochs rest on how often brokers have started, so those counts are raised.
 */
import {
  producerIdsKey,
  readStored,
  type StoredChange,
  type StoredPartition,
  type StoredStarts,
  type StoredTopic,
  splitKey,
  startsKey,
  writeStored,
} from './stored.ts'

type Entries = readonly { readonly key: string; readonly value: string }[]

/** What is there only as long as a broker is. */
const passing = new Set(['brokers', 'leaders'])
/** Ids of producers that may have been given out since; there are 2^63 of them. */
const producerIdsRaisedBy = 1_000_000_000
/** Leader epochs are 32 bits wide. */
const leaderEpochMax = 2 ** 31 - 1
/** A start of a broker begins two epochs. */
const epochsPerStart = 2

/** Without what passes, and with each broker's starts raised by so many. */
export function restoredChanges(entries: Entries, startsRaisedBy: number): StoredChange[] {
  const counts = new Map<number, number>()
  const changes: StoredChange[] = []
  for (const { key, value } of entries) {
    const [kind, rest] = splitKey(key)
    if (passing.has(kind)) continue
    if (kind === 'starts') counts.set(Number(rest), readStored<StoredStarts>(key, value).count)
    else if (kind === 'leader-epochs') changes.push({ key, value: String(Number(value) + startsRaisedBy) })
    else if (key === producerIdsKey) {
      const { next } = readStored<{ next: number }>(key, value)
      changes.push({ key, value: writeStored({ next: next + producerIdsRaisedBy }) })
    } else if (kind === 'partitions') changes.push({ key, value: raisedPartition(key, value, startsRaisedBy) })
    else changes.push({ key, value })
    if (kind !== 'topics') continue
    for (const id of readStored<StoredTopic>(key, value).replicas.flat()) if (!counts.has(id)) counts.set(id, 0)
  }
  for (const [id, count] of counts) {
    const stored: StoredStarts = { count: count + startsRaisedBy }
    changes.push({ key: startsKey(id), value: writeStored(stored) })
  }
  return changes
}

/** Who leads has its epoch from the starts; where nobody does, it is as it is written. */
function raisedPartition(key: string, value: string, startsRaisedBy: number): string {
  const stored = readStored<StoredPartition>(key, value)
  if (stored.leader !== -1) return value
  return writeStored({ ...stored, leaderEpoch: stored.leaderEpoch + epochsPerStart * startsRaisedBy })
}

/** By how much starts have to be raised at least, so that an epoch goes beyond one that a log has. */
export function startsToPass(epoch: number, epochInLog: number): number {
  return epoch > epochInLog ? 0 : Math.floor((epochInLog - epoch) / epochsPerStart) + 1
}

/** Whether an epoch can be raised so. */
export function canRaise(epoch: number, startsRaisedBy: number): boolean {
  return epoch + epochsPerStart * startsRaisedBy < leaderEpochMax
}
