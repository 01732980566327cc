/** Much output, gathered to large writes; it ends quietly where nobody reads it any more. */
import type { Io } from '../io.ts'

const chunkBytes = 64 * 1024

export class Output {
  readonly #stream: Io['stdout']
  #chunk: Buffer = Buffer.allocUnsafe(chunkBytes)
  #used = 0
  #isClosed = false
  #failure: Error | null = null
  readonly #failed = (error: Error) => {
    this.#isClosed = true
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') this.#failure = error
    this.closed()
  }

  /** Called when nobody reads any more. */
  closed: () => void = () => undefined

  constructor(stream: Io['stdout']) {
    this.#stream = stream
    stream.on('error', this.#failed)
  }

  /** Nobody reads any more. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  bytes(bytes: Buffer): void {
    if (bytes.length > chunkBytes - this.#used) {
      this.flush()
      if (bytes.length > chunkBytes) {
        this.#write(bytes)
        return
      }
    }
    bytes.copy(this.#chunk, this.#used)
    this.#used += bytes.length
  }

  text(text: string): void {
    // A character has at most three bytes in UTF-8 for each of its units.
    if (3 * text.length > chunkBytes - this.#used) {
      this.bytes(Buffer.from(text))
      return
    }
    this.#used += this.#chunk.write(text, this.#used)
  }

  /** Hands on what was gathered. */
  flush(): void {
    if (this.#used === 0) return
    const chunk = this.#chunk.subarray(0, this.#used)
    this.#chunk = Buffer.allocUnsafe(chunkBytes)
    this.#used = 0
    this.#write(chunk)
  }

  /** Resolves when the stream takes more. */
  async drained(): Promise<void> {
    if (this.#isClosed || !this.#stream.writableNeedDrain) return
    await new Promise<void>(resolve => {
      const done = () => {
        this.#stream.off('drain', done)
        this.#stream.off('error', done)
        resolve()
      }
      this.#stream.on('drain', done)
      this.#stream.on('error', done)
    })
  }

  /** Hands on what was gathered, and ends. Throws where writing failed with anything but a closed pipe. */
  async end(): Promise<void> {
    this.flush()
    await this.drained()
    if (this.#failure) throw this.#failure
  }

  #write(chunk: Buffer): void {
    if (!this.#isClosed) this.#stream.write(chunk)
  }
}
