/** Faults put into the roles of partitions on purpose: a simulation that finds none of them would find nothing. */
import { Follower } from '../../../lib/partitions/roles/follower.ts'
import { Leader } from '../../../lib/partitions/roles/leader.ts'

/** By name; each is put in by a call, which gives how to take it out. */
export const replicationSabotages: Readonly<Record<string, () => () => void>> = {
  'commit what only the leader has': () => replacing(Leader.prototype, 'committedEnd', () => view => view.logEndOffset),

  'forget who may be in sync by now': () =>
    replacing(
      Leader.prototype,
      'mayBeInSync',
      () =>
        function (this: Leader, id) {
          return this.isr.includes(id)
        },
    ),

  'commit while too few are in sync': () => replacing(Leader.prototype, 'isUnderMinIsr', () => () => false),

  'let replicas join before they have caught up': () =>
    replacing(
      Leader.prototype,
      'mayJoin',
      () =>
        function (this: Leader, id) {
          return !this.isProposing && !this.isr.includes(id)
        },
    ),

  'keep what the leader does not have': () => replacing(Follower.prototype, 'part', () => () => {}),

  'cut too much': () =>
    replacing(
      Follower.prototype,
      'part',
      part =>
        function (this: Follower, { epoch, endOffset }) {
          part.call(this, { epoch, endOffset: Math.max(0, endOffset - 2) })
        },
    ),
}

function replacing<T, K extends keyof T>(prototype: T, name: K, replacement: (original: T[K]) => T[K]): () => void {
  const original = prototype[name]
  prototype[name] = replacement(original)
  return () => {
    prototype[name] = original
  }
}
