/** What becomes of a log when its disk fails: it is offline from then on, and says why. */
import { codes, KafkaError } from '../protocol/errors.ts'
import type { LogOptions } from './log-options.ts'

/** See the head of the file. What is in memory and what is in the files may differ then, so nothing is taken or given any more. */
export class DiskTrouble {
  /** The first error of the disk; null while it works. */
  failure: Error | null = null
  readonly #options: LogOptions

  constructor(options: LogOptions) {
    this.#options = options
  }

  /** Does something with files; throws KAFKA_STORAGE_ERROR where they fail. */
  guard<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw this.fail(error as Error)
    }
  }

  /** Takes an error down, unless it is about a request; gives what to throw. */
  fail(error: Error): KafkaError {
    if (error instanceof KafkaError) return error
    if (this.failure === null) {
      this.failure = error
      const { logger, dir, onFailed } = this.#options
      logger?.error('the log is offline after a disk error', { dir, error: String(error) })
      onFailed?.(error)
    }
    return this.offline()
  }

  /** What to throw while the log is offline, or where it was let go of meanwhile. */
  offline(): KafkaError {
    const message = `the log in ${this.#options.dir} is offline: ${this.failure?.message ?? 'it was let go of'}`
    return new KafkaError(codes.KAFKA_STORAGE_ERROR, message)
  }
}
