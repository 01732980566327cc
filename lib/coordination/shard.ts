/** What the runtime asks of a state machine that it keeps in a partition, whatever it coordinates. */
import type { Moment, Outcome } from '../base/outcome.ts'
import type { ImageDelta } from '../cluster/image.ts'

export type { Moment, Outcome, Reply } from '../base/outcome.ts'

/**
 * A replicated state machine with records of type R. It has no clock, no log and no socket, and does not know which broker it is on.
 * One is made with the cluster's image for each time that its partition is loaded.
 */
export interface Shard<R> {
  /** Applies a record that is in the log; `producerId` is that of the open transaction it belongs to, or -1. */
  replay(record: R, producerId: number, now: Moment): void
  /** The transaction of a producer has ended. */
  endTransaction(producerId: number, committed: boolean): void
  /** The whole log was replayed: does a part of what is to be done before work begins; true where there is more. */
  begin(now: Moment): boolean
  /** Work begins. */
  loaded(now: Moment): Outcome<R, null>
  /** The cluster has changed, perhaps while the log is still replayed. What is to be written for it is work. */
  imageChanged(delta: ImageDelta): void
  /** Records could not be written; all that runs ahead of the log for them goes back, and who waits is told. */
  revert(records: readonly R[], errorCode: number, now: Moment): void
  /** Work ends here; who waits is told. */
  close(errorCode: number, now: Moment): void
  /** When the next timer is due, in monotonic milliseconds, or Infinity. */
  readonly nextTimerMs: number
  /** Does what one timer that is due stands for; null where none is due. */
  expire(now: Moment): Outcome<R, null> | null
  /** Whether there is something to do that takes long, and that nobody waits for. */
  readonly hasWork: boolean
  /** Does a part of it: a fraction of a millisecond, or as much as there is time for. Others have their turn between the parts. */
  work(now: Moment, hasTime: () => boolean): Outcome<R, null>
}

/** How a shard's records look in the log. */
export interface RecordFormat<R> {
  encode(record: R): { readonly key: Buffer; readonly value: Buffer | null }
  /** Null for records that are somebody else's. Throws where a record cannot be read. */
  decode(key: Buffer, value: Buffer | null): R | null
}
