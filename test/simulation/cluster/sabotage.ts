/** Faults put into brokers on purpose: a simulation that finds none of them would find nothing. */
import { Partition } from '../../../lib/partitions/partition.ts'
import { Follower } from '../../../lib/partitions/roles/follower.ts'
import { Leader } from '../../../lib/partitions/roles/leader.ts'
import { storeFaults } from './store.ts'

/** By name; each is put in by a call, which gives how to take it out. */
export const clusterSabotages: Readonly<Record<string, () => () => void>> = {
  'acknowledge what others do not have': () =>
    replacing(
      Partition.prototype,
      'awaitCommitted',
      () =>
        function (this: Partition, offset, waiter, slot) {
          this.awaitWritten(offset, waiter, slot)
        },
    ),

  'commit what only the leader has': () => replacing(Leader.prototype, 'committedEnd', () => view => view.logEndOffset),

  // Who is eligible does not have it.
  'commit while too few are in sync': () => replacing(Leader.prototype, 'isUnderMinIsr', () => () => false),

  'keep what the leader does not have': () => {
    const undo = [
      replacing(Follower.prototype, 'part', () => () => {}),
      replacing(
        Follower.prototype,
        'nextFetch',
        before =>
          function (this: Follower) {
            const next = before.call(this)
            return next && { ...next, lastFetchedEpoch: -1 }
          },
      ),
    ]
    return () => {
      for (const each of undo) each()
    }
  },

  // A broker that lost what it had keeps its seat among those in sync.
  'keep their epoch when they start again': () => faulty('keepsBrokerEpochs'),

  // A leader that is cut off, and does not know yet that another leads, takes the partition back.
  'ignore epochs when they write who is in sync': () => faulty('ignoresEpochs'),

  // The replica that had caught up may have lost what it had since.
  'let a replica join in another run than the one that caught up': () => faulty('ignoresOthers'),
}

function faulty(fault: keyof typeof storeFaults): () => void {
  storeFaults[fault] = true
  return () => {
    storeFaults[fault] = false
  }
}

function replacing<T extends object, K extends keyof T>(of: T, name: K, by: (before: T[K]) => T[K]): () => void {
  const before = of[name]
  of[name] = by(before)
  return () => {
    of[name] = before
  }
}
