/** JSON lines to standard output, no faster than they are taken, until nobody takes them any more. */
import { once } from 'node:events'
import { stringifyExact } from '../../protocol/json-text.ts'
import type { Io } from './io.ts'

/** Characters that are written at once. */
const chunkLength = 64 * 1024

/** Whoever read the output has gone, as `head` does. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed'
}

/** See the head of the file. */
export class JsonLines {
  readonly #stdout: Io['stdout']
  readonly #failed = (): void => {
    this.#closed = true
  }
  #text = ''
  #closed = false

  constructor(stdout: Io['stdout']) {
    this.#stdout = stdout
    stdout.on('error', this.#failed)
  }

  /** Puts an object on a line; gives a promise where it has to be waited. Rejects with OutputClosed. */
  put(line: object): Promise<void> | undefined {
    this.#text += `${stringifyExact(line)}\n`
    return this.#text.length < chunkLength ? undefined : this.flush()
  }

  /** Writes what is left. */
  async flush(): Promise<void> {
    const text = this.#text
    this.#text = ''
    if (this.#closed) throw new OutputClosed()
    if (text === '' || this.#stdout.write(text)) return
    try {
      await once(this.#stdout, 'drain')
    } catch {
      throw new OutputClosed()
    }
  }
}
