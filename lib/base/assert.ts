/** Assertions: what they deny is a bug of ours, never a client's or a disk's doing, and the process may end by it. */

/** A broken promise inside the broker. */
export class AssertionError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'AssertionError'
  }
}

/** Throws AssertionError unless the condition holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}
