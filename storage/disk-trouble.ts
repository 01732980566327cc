/** What becomes of a log when something fails under it: after an error of the disk it is offline, and says why. */
import { crash } from '../lib/base/assert.ts'
import { codes, KafkaError } from '../protocol/errors.ts'
import { exhausted, faultOf, warnOfExhaustion } from './faults.ts'
import type { LogOptions } from './log-options.ts'

/** See the head of the file. What is in memory and what is in the files may differ after that, so nothing is taken or given any more. */
export class DiskTrouble {
  /** The first error of the disk, or the bug by which the process ends; null while all is well. */
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
      throw this.fail(error)
    }
  }

  /** Does something that cannot be done again where it stopped half-way: then all errors but bugs count as the disk's. */
  guardWhole<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (faultOf(error) === 'bug') throw this.fail(error)
      this.#failed(error as Error)
      throw this.offline()
    }
  }

  /**
   * Takes an error down where it is the disk's; gives what to throw. One that tells of a request, or of a process that has used up its
   * descriptors, leaves the log as it is. A bug ends the process.
   */
  fail(error: unknown): KafkaError {
    switch (faultOf(error)) {
      case 'refusal':
        return error as KafkaError
      case 'exhaustion': {
        const { logger, now, dir } = this.#options
        warnOfExhaustion(logger, now(), 'a log could not do what it was asked for', error as Error, { dir })
        return exhausted(error as Error)
      }
      case 'disk':
      case 'damage':
        this.#failed(error as Error)
        return this.offline()
      case 'bug':
        // Who outlives it is not to write any more.
        this.failure ??= error as Error
        return crash(error)
    }
  }

  #failed(error: Error): void {
    if (this.failure !== null) return
    this.failure = error
    const { logger, dir, onFailed } = this.#options
    logger?.error('the log is offline after a disk error', { dir, error: String(error) })
    onFailed?.(error)
  }

  /** What to throw while the log is offline, or where it was let go of meanwhile. */
  offline(): KafkaError {
    const message = `the log in ${this.#options.dir} is offline: ${this.failure?.message ?? 'it was let go of'}`
    return new KafkaError(codes.KAFKA_STORAGE_ERROR, message)
  }
}
