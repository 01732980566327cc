/** What is thrown where something was waited for in vain. */

/** What was waited for did not come about in time. `seen` is what there was instead. */
export class WaitTimeoutError extends Error {
  override readonly name = 'WaitTimeoutError'
  readonly seen: unknown

  constructor(message: string, seen: unknown) {
    super(message)
    this.seen = seen
  }
}
