/** Errors that handlers throw: faults, of which clients are told, or bugs. */
import { KafkaError } from '../../protocol/errors.ts'

/** What is done about errors that handlers throw. */
export interface ErrorRules {
  /** The answer to a fault, of the request or of a disk or store below. Null for a bug. */
  readonly faultOf: (error: unknown) => KafkaError | null
  /** Called with each bug, after it was logged. */
  readonly onBug: (error: unknown) => void
  /** Whether a line of the log has told already why a request was refused. */
  readonly isTold: (error: KafkaError) => boolean
}

export const defaultErrorRules: ErrorRules = {
  faultOf: error => (error instanceof KafkaError ? error : null),
  // In a microtask, outside of every try block: the process ends with a trace.
  onBug: error =>
    queueMicrotask(() => {
      throw error
    }),
  isTold: () => false,
}
