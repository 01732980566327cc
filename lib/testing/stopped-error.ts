/** What is thrown where something is asked of a broker for tests that was stopped. */

/** It was stopped: nothing can be asked of it, and what was waited for does not come any more. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError'

  constructor() {
    super('this broker was stopped: ask before stop(), or start another one')
  }
}
