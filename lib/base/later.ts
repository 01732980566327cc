/**
 * An answer that comes later, with one that waits for it, and without a promise: whoever waits is called at once when it is there,
 * not in a task of its own. For answers that are waited for thousands of times a second.
 */
export class Later<T> {
  #onValue: ((value: T) => void) | null = null
  #onError: ((error: unknown) => void) | null = null

  /** Gives the answer to who waits. Nobody waits twice, and what comes after the first answer or error is dropped. */
  resolve(value: T): void {
    const onValue = this.#onValue
    this.#onValue = null
    this.#onError = null
    onValue?.(value)
  }

  /** Says that there will be none. */
  reject(error: unknown): void {
    const onError = this.#onError
    this.#onValue = null
    this.#onError = null
    onError?.(error)
  }

  /** Called in the turn in which it was made, before it can be there. */
  wait(onValue: (value: T) => void, onError: (error: unknown) => void): void {
    this.#onValue = onValue
    this.#onError = onError
  }

  /** The same as a promise. */
  promise(): Promise<T> {
    return new Promise((resolve, reject) => this.wait(resolve, reject))
  }
}
