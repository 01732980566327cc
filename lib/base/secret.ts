/** A password or a key: whatever prints it prints `[hidden]`. */
import { inspect } from 'node:util'

const hidden = '[hidden]'

export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The secret itself, for who needs it; not to be kept, logged or told. */
  reveal(): string {
    return this.#text
  }

  equals(other: unknown): boolean {
    return other instanceof Secret && other.#text === this.#text
  }

  toString(): string {
    return hidden
  }

  toJSON(): string {
    return hidden
  }

  [inspect.custom](): string {
    return hidden
  }
}
