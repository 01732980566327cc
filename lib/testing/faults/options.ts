/** Faults as a test describes them: which requests they meet, and what becomes of those. */
import type { codes } from '../../../protocol/errors.ts'
import type { RequestMatch } from '../options.ts'

/** The name of an error code, as Kafka's documentation has it. */
export type ErrorName = Exclude<keyof typeof codes, 'NONE'>

/** Which requests a fault meets. With an error, a topic or partition alone fails, and the rest of the request really happens. */
export interface FaultMatch extends RequestMatch {
  /** The first of the fitting requests that is met, counted from 1; that one alone unless `times` says more. */
  readonly n?: number
  /** How many are met; all where neither this nor `n` is given. */
  readonly times?: number
  /** Of 0 to 1: whether one is met is drawn, by the seed of the kit. */
  readonly probability?: number
}

/** What becomes of a request. */
export type FaultAction =
  /** It is answered with this code, and does not happen. */
  | {
      readonly error: ErrorName | number
      /** Waits so many milliseconds first. */
      readonly delay?: number
      /** Also where answers of this API never have this code. */
      readonly force?: boolean
    }
  /** One code for each request in turn, null for one that passes; then the fault is over. */
  | { readonly errors: readonly (ErrorName | number | null)[]; readonly delay?: number; readonly force?: boolean }
  /** It waits so many milliseconds before it happens (the default), or its answer does. What comes after it on its connection waits, too. */
  | { readonly delay: number; readonly when?: 'before' | 'after' }
  /** It gets lost before it happens, or its answer does; then the connection is closed (the default), or stays open in silence. */
  | { readonly lose: 'request' | 'answer'; readonly then?: 'close' | 'stall' }
  /** It happens twice, and is answered once, as where a network repeats it. */
  | { readonly duplicate: true }
  /** So many bytes of its answer are sent, from its size on; then the connection is closed (the default), or stays open in silence. */
  | { readonly truncate: number; readonly then?: 'close' | 'stall' }
  /**
   * One byte of its answer is another: the one at this place, counted from behind the size, or from the end where it is negative; true
   * draws one behind the header.
   */
  | { readonly corrupt: number | true }

/** A fault that is in force until it is removed. */
export interface Fault extends AsyncDisposable {
  readonly id: number
  /** What it meets and does, in words. */
  readonly description: string
  /** How many requests it has met. */
  readonly hits: number
  /** How many of those nobody could see, as their client wants no answer (acks=0). */
  readonly unseen: number
  /** Resolves once it has met so many requests; rejects after `timeoutMs` (4,000), and says what came near. */
  hit(count?: number, options?: { readonly timeoutMs?: number }): Promise<void>
  remove(): void
}

/** A fault that met less than was meant, as `verify` tells it. */
export interface MissedFault {
  readonly id: number
  readonly description: string
  readonly hits: number
  /** The request that came nearest, and why it was not met; null where none came near. */
  readonly nearest: string | null
}
