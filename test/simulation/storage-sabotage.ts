/** Faults put into the storage on purpose: a simulation that finds none of them would find nothing. */
import type { CompactionEngine } from '../../storage/compaction/compaction.ts'
import { logStartsName } from '../../storage/names.ts'
import { Segment } from '../../storage/segment.ts'
import { TransactionIndex } from '../../storage/transaction-index.ts'

/** One fault. */
export interface Sabotage {
  /** Puts it in; gives how to take it out. */
  readonly install?: () => () => void
  /** Files whose new content never arrives. */
  readonly loses?: (path: string) => boolean
  readonly engine?: (engine: CompactionEngine) => CompactionEngine
}

/** By name. */
export const sabotages: Readonly<Record<string, Sabotage>> = {
  'skip the fsync before the checkpoint': {
    install() {
      const { sync } = Segment.prototype
      Segment.prototype.sync = function (this: Segment) {
        this.file.sync = async () => undefined
        return sync.call(this)
      }
      return () => {
        Segment.prototype.sync = sync
      }
    },
  },

  'write behind a cut before the disk has it': {
    install() {
      const before = Object.getOwnPropertyDescriptor(Segment.prototype, 'mayResurrect')!
      Object.defineProperty(Segment.prototype, 'mayResurrect', { ...before, get: () => false })
      return () => void Object.defineProperty(Segment.prototype, 'mayResurrect', before)
    },
  },

  'drop tombstones early': {
    engine: engine => ({
      get cancellations() {
        return engine.cancellations
      },
      run: (job, cleaned) => engine.run({ ...job, now: job.now + 1e9, deleteRetentionMs: -1e9 }, cleaned),
      cancel: () => engine.cancel(),
      stop: () => engine.stop(),
    }),
  },

  'lose the transaction index': {
    install() {
      const { spill } = TransactionIndex.prototype
      // What never gets into the file is gone with the process.
      TransactionIndex.prototype.spill = () => undefined
      return () => {
        TransactionIndex.prototype.spill = spill
      }
    },
  },

  'forget the log start': { loses: path => path.endsWith(logStartsName) },
}
