/** Files and directories that were given up, until the time when they may go. */

/** Paths to be removed, each from a time on (ms since the epoch). */
export class Removals {
  #waiting: { path: string; dueMs: number }[] = []

  add(path: string, dueMs: number): void {
    this.#waiting.push({ path, dueMs })
  }

  /** The paths whose time has come; they are the caller's to remove. */
  takeDue(now: number): string[] {
    if (this.#waiting.every(({ dueMs }) => dueMs > now)) return []
    const due = this.#waiting.filter(({ dueMs }) => dueMs <= now).map(({ path }) => path)
    this.#waiting = this.#waiting.filter(({ dueMs }) => dueMs > now)
    return due
  }
}
