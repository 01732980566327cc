/** Assertions: what they deny is a bug of ours, never a client's or a disk's doing, and the process ends by it. */

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

/** By what the process ends. */
let ending: unknown

/**
 * Ends the process by a bug, with its trace, before the event loop goes on: whoever calls may catch what this throws, and nobody catches
 * what follows, but for the handlers of uncaught exceptions that an embedding program may have.
 */
export function crash(bug: unknown): never {
  if (bug !== ending) {
    ending = bug
    queueMicrotask(() => {
      throw bug
    })
  }
  throw bug
}
