/**
 * A value that is to come, for one listener, who is told of it in the same callback. What a promise holds is told only when the
 * runtime gets round to its microtasks, after the callback in which it could have been sent with everything else.
 */
import { assert } from './assert.ts'

/** Who is told. */
export interface DeferredListener<T> {
  resolved(value: T): void
  rejected(error: unknown): void
}

/** Settled once: by a value or an error; what comes after has no effect. */
export class Deferred<T> {
  #state: 'open' | 'resolved' | 'rejected' = 'open'
  #outcome: T | unknown = undefined
  #listener: DeferredListener<T> | null = null

  resolve(value: T): void {
    if (this.#state !== 'open') return
    this.#state = 'resolved'
    if (this.#listener === null) this.#outcome = value
    else this.#listener.resolved(value)
  }

  reject(error: unknown): void {
    if (this.#state !== 'open') return
    this.#state = 'rejected'
    if (this.#listener === null) this.#outcome = error
    else this.#listener.rejected(error)
  }

  /** Tells the listener as soon as it is settled: at once, where it is. */
  whenSettled(listener: DeferredListener<T>): void {
    assert(this.#listener === null, 'a deferred value has one listener')
    this.#listener = listener
    if (this.#state === 'resolved') listener.resolved(this.#outcome as T)
    else if (this.#state === 'rejected') listener.rejected(this.#outcome)
  }
}
