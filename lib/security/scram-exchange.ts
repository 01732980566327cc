/** The broker's side of SCRAM: two messages, after which both ends know that the other knows the password. */
import type { TokenLogin } from './delegation-tokens.ts'
import type { Exchange, Reply } from './exchange.ts'
import {
  type ClientFirst,
  hash,
  isSame,
  mac,
  parseClientFinal,
  parseClientFirst,
  type ScramCredential,
  ScramError,
  type ScramMechanism,
  scramMechanisms,
  serverFirst,
  tokenExtension,
  xor,
} from './scram.ts'

/** What the exchange needs to know. */
export interface ScramHost {
  /** Undefined where the user has none for the mechanism. */
  credentialOf(user: string, mechanism: ScramMechanism): ScramCredential | undefined
  /** Undefined where there is no delegation token of this id. */
  tokenOf(tokenId: string, mechanism: ScramMechanism): TokenLogin | undefined
  /** Letters that nobody has seen before. */
  nonce(): string
  /** Drawn at the start of the broker: salts of users that there are not are made of it. */
  readonly disguise: Buffer
}

/** Of users that there are not: what the tools take where nothing is said. */
const usualIterations = 4_096

/** The only binding there is, none, as it stands in the last message; with who the user wants to act as. */
function bindingOf(authorizationId: string): RegExp {
  return authorizationId === '' ? /^n,,$/ : /^n,a=.*,$/s
}

export class ScramExchange implements Exchange {
  readonly #mechanism: ScramMechanism
  readonly #host: ScramHost
  #first: (ClientFirst & { readonly answer: string; readonly wholeNonce: string }) | null = null
  #credential: ScramCredential | null = null
  #token: TokenLogin | null = null
  #isThere = false
  #isOver = false

  constructor(mechanism: ScramMechanism, host: ScramHost) {
    this.#mechanism = mechanism
    this.#host = host
  }

  receive(message: Buffer): Reply {
    if (this.#isOver) return this.#refused()
    try {
      const text = message.toString('utf8')
      return this.#first === null ? this.#begin(text) : this.#end(text, this.#first)
    } catch (error) {
      if (!(error instanceof ScramError)) throw error
      return this.#refused()
    }
  }

  #begin(text: string): Reply {
    const first = parseClientFirst(text)
    const isToken = first.extensions.get(tokenExtension)?.toLowerCase() === 'true'
    this.#token = (isToken && this.#host.tokenOf(first.user, this.#mechanism)) || null
    const found = isToken ? this.#token?.credential : this.#host.credentialOf(first.user, this.#mechanism)
    this.#isThere = found !== undefined
    // Who is not there goes the same way as a wrong password, with the same salt each time.
    this.#credential = found ?? this.#disguised(first.user)
    const wholeNonce = first.nonce + this.#host.nonce()
    const answer = serverFirst(wholeNonce, this.#credential)
    this.#first = { ...first, answer, wholeNonce }
    if (first.authorizationId !== '' && first.authorizationId !== first.user) {
      return this.#refused(
        'Authentication failed: Client requested an authorization id that is different from username',
      )
    }
    return { kind: 'challenge', message: Buffer.from(answer, 'utf8') }
  }

  #end(text: string, first: ClientFirst & { readonly answer: string; readonly wholeNonce: string }): Reply {
    this.#isOver = true
    const final = parseClientFinal(text)
    const { storedKey, serverKey } = this.#credential!
    const proven = `${first.bare},${first.answer},${final.withoutProof}`
    const signature = mac(this.#mechanism, storedKey, proven)
    const { hashBytes } = scramMechanisms[this.#mechanism]
    const proof = final.proof.length === hashBytes ? final.proof : Buffer.alloc(hashBytes)
    const isRight = isSame(hash(this.#mechanism, xor(signature, proof)), storedKey)
    const isBound = bindingOf(first.authorizationId).test(final.channelBinding.toString('utf8'))
    if (!isRight || !this.#isThere || !isBound || final.nonce !== first.wholeNonce) return this.#refused()
    const answer = `v=${mac(this.#mechanism, serverKey, proven).toString('base64')}`
    const message = Buffer.from(answer, 'utf8')
    if (this.#token === null) return { kind: 'user', message, user: first.user }
    return { kind: 'user', message, user: this.#token.user, tokenLifeMs: this.#token.lifeMs }
  }

  #disguised(user: string): ScramCredential {
    const salt = mac('SCRAM-SHA-256', this.#host.disguise, user)
    const key = Buffer.alloc(scramMechanisms[this.#mechanism].hashBytes)
    return { iterations: usualIterations, salt, storedKey: key, serverKey: key }
  }

  #refused(reason?: string): Reply {
    this.#isOver = true
    return { kind: 'refused', reason: reason ?? reasonFor(this.#mechanism), user: this.#first?.user ?? null }
  }
}

function reasonFor(mechanism: ScramMechanism): string {
  return `Authentication failed during authentication due to invalid credentials with SASL mechanism ${mechanism}`
}
