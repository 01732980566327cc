/** Answers that a broker knows by heart: for each API and version one, sent under the correlation id of whoever asks. */
import { buffer } from 'node:stream/consumers'

/** Size, API key, version and correlation id: all that is looked at of a request. */
export const headBytes = 12
const [keyAt, versionAt, correlationAt] = [4, 6, 8]

export class ReadyAnswers {
  readonly #answers = new Map<number, Buffer>()

  /** Reads them from standard input, until that ends: API key and version (16 bits each), size (32 bits), and as many bytes. */
  async read(): Promise<void> {
    const all = await buffer(process.stdin)
    for (let at = 0; at < all.length; ) {
      const bytes = all.readInt32BE(at + 4)
      this.#answers.set(all.readInt32BE(at), all.subarray(at + 8, at + 8 + bytes))
      at += 8 + bytes
    }
  }

  /** The answer to the request that begins with its size at a position of a buffer. */
  to(request: Buffer, at: number): Buffer {
    const [key, version] = [request.readInt16BE(at + keyAt), request.readInt16BE(at + versionAt)]
    const ready = this.#answers.get((key << 16) | version)
    if (ready === undefined) throw new Error(`the floor has no answer to API ${key}, version ${version}`)
    const answer = Buffer.from(ready)
    request.copy(answer, 4, at + correlationAt, at + headBytes)
    return answer
  }
}
