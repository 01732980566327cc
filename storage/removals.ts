/** Files and directories that were given up, until the time when they may go. */

interface Waiting {
  readonly path: string
  readonly dueMs: number
}

/** Shared by all that are empty. */
const none: Waiting[] = []

/** Paths to be removed, each from a time on (ms since the epoch). */
export class Removals {
  #waiting: Waiting[] = none

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  add(path: string, dueMs: number): void {
    if (this.#waiting === none) this.#waiting = []
    this.#waiting.push({ path, dueMs })
  }

  /** The paths whose time has come; they are the caller's to remove. */
  takeDue(now: number): string[] {
    if (this.#waiting.every(({ dueMs }) => dueMs > now)) return []
    const due = this.#waiting.filter(({ dueMs }) => dueMs <= now).map(({ path }) => path)
    const left = this.#waiting.filter(({ dueMs }) => dueMs > now)
    this.#waiting = left.length === 0 ? none : left
    return due
  }
}
