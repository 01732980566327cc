/** Answers that a broker knows by heart, for each API and version one, sent under the correlation id of whoever asks; and how it serves. */
import { rmSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import type { Wire, WireReceiver } from '../../lib/network/network.ts'
import { systemNetwork } from '../../lib/network/tcp.ts'

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

/** Serves on a free port, which it says once it listens, until SIGTERM; then its directory is removed. */
export async function serve(
  answers: ReadyAnswers,
  directory: string,
  makeReceiver: (wire: Wire) => WireReceiver,
): Promise<void> {
  process.on('SIGTERM', () => {
    rmSync(directory, { recursive: true, force: true })
    process.exit(0)
  })
  const { port } = await systemNetwork.listen({
    host: '127.0.0.1',
    port: 0,
    backlog: 511,
    accept: wire => wire.receive(makeReceiver(wire)),
    failed: error => {
      throw error
    },
  })
  process.stdout.write(`ready ${port}\n`)
  await answers.read()
}
