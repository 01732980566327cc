/** Why something that was asked of a cluster could not be had. */
import { codeName, KafkaError } from '../../protocol/errors.ts'

/** An answer with an error code, or none at all within the time. The message says what to do where that is known. */
export class AdminError extends KafkaError {
  constructor(code: number, message?: string | null) {
    super(code, message || codeName(code))
    this.name = 'AdminError'
  }
}
