/** How errors of handlers are judged: as faults, which clients are told of, or as bugs. */
import { KafkaError } from '../../protocol/errors.ts'

/** What becomes of errors that handlers throw. */
export interface ErrorRules {
  /** What a client is told of a fault: one of its own, or of what the broker stands on. Null for an error that must not be: a bug. */
  readonly faultOf: (error: unknown) => KafkaError | null
  /** Told of each bug, after it was logged. */
  readonly onBug: (error: unknown) => void
}

export const defaultErrorRules: ErrorRules = {
  faultOf: error => (error instanceof KafkaError ? error : null),
  // Out of every callback, so that nobody catches it: the process ends with a trace.
  onBug: error =>
    queueMicrotask(() => {
      throw error
    }),
}
