/** The client's side of SCRAM: it shows that it knows the password, and has the broker show the same. */
import type { Secret } from '../base/secret.ts'
import { saltedPassword } from './salting.ts'
import {
  clientFirstBare,
  hash,
  isSame,
  keysOf,
  mac,
  parseServerFinal,
  parseServerFirst,
  ScramError,
  type ScramMechanism,
  xor,
} from './scram.ts'

/** Fewer iterations than this let whoever listens, or poses as the broker, guess a password quickly. */
const iterationsMin = 4_096
/** A broker that asks for more would only keep the client busy. */
const iterationsMax = 1_000_000

const noBinding = 'n,,'

export class ScramClient {
  readonly #mechanism: ScramMechanism
  readonly #password: Secret
  readonly #nonce: string
  readonly #bare: string
  #signature: Buffer | null = null

  /** The nonce is text that nobody has seen before, of letters, digits and the like. A delegation token is told by its id and its HMAC. */
  constructor(mechanism: ScramMechanism, user: string, password: Secret, nonce: string, isToken = false) {
    this.#mechanism = mechanism
    this.#password = password
    this.#nonce = nonce
    this.#bare = clientFirstBare(user, nonce, isToken)
  }

  first(): Buffer {
    return Buffer.from(noBinding + this.#bare, 'utf8')
  }

  /** The message that follows the broker's first answer. Rejects with ScramError where that is none, or from nobody who has read ours. */
  async final(answer: Buffer): Promise<Buffer> {
    const text = answer.toString('utf8')
    const { nonce, salt, iterations } = parseServerFirst(text)
    if (!nonce.startsWith(this.#nonce) || nonce === this.#nonce) throw new ScramError('an answer to somebody else')
    if (iterations < iterationsMin || iterations > iterationsMax)
      throw new ScramError(`${iterations} iterations, where ${iterationsMin} to ${iterationsMax} are good`)
    const { clientKey, serverKey } = keysOf(
      this.#mechanism,
      await saltedPassword(this.#mechanism, this.#password, salt, iterations),
    )
    const withoutProof = `c=${Buffer.from(noBinding).toString('base64')},r=${nonce}`
    const proven = `${this.#bare},${text},${withoutProof}`
    const proof = xor(clientKey, mac(this.#mechanism, hash(this.#mechanism, clientKey), proven))
    this.#signature = mac(this.#mechanism, serverKey, proven)
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`, 'utf8')
  }

  /** Throws ScramError where the broker has not shown that it knows the password. */
  check(answer: Buffer): void {
    const signature = parseServerFinal(answer.toString('utf8'))
    if (this.#signature === null || !isSame(signature, this.#signature))
      throw new ScramError('a signature that is not the broker’s: it does not know the password')
  }
}
