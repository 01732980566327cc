/** One request at a coordinator, from its operation to its answer. */
import type { Answer } from './answer.ts'
import type { Given } from './uncommitted.ts'

export class Request<T> implements Given {
  #refusal: (errorCode: number) => T
  #response: T | undefined
  #delivered = false
  #resolve: ((response: T) => void) | null = null

  constructor(refusal: (errorCode: number) => T) {
    this.#refusal = refusal
  }

  /** Takes the answer, and what to make of an error code instead of what was said before. */
  give(response: T, refusal: ((errorCode: number) => T) | undefined): void {
    this.#response = response
    if (refusal) this.#refusal = refusal
  }

  refuse(errorCode: number): void {
    this.#response = this.#refusal(errorCode)
  }

  deliver(): void {
    this.#delivered = true
    this.#resolve?.(this.#response!)
  }

  answer(): Answer<T> {
    if (this.#delivered) return this.#response!
    return new Promise(resolve => {
      this.#resolve = resolve
    })
  }
}
