/** What makes delegation tokens good: the HMAC of each, by the secret that all brokers have, and what SCRAM needs to check it as a password. */
import { createHmac, pbkdf2Sync } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Secret } from '../base/secret.ts'
import type { DelegationToken, Tokens } from '../cluster/tokens.ts'
import {
  credentialOf,
  isSame,
  iterationsMin,
  type ScramCredential,
  type ScramMechanism,
  scramMechanisms,
} from './scram.ts'

/** A token as a login needs it. */
export interface TokenLogin {
  readonly credential: ScramCredential
  /** The name of its owner. */
  readonly user: string
  /** How much longer it is good; negative where it is no more. */
  readonly lifeMs: number
}

export interface DelegationTokensOptions {
  /** Null where there are to be no tokens. */
  readonly secret: Secret | null
  /** Those that there are now. */
  readonly tokens: () => Tokens
  readonly clock: Clock
  /** Bytes that nobody has seen before. */
  readonly salt: () => Buffer
}

interface Known {
  readonly hmac: Buffer
  readonly credentials: Map<ScramMechanism, ScramCredential>
}

export class DelegationTokens {
  readonly #options: DelegationTokensOptions
  /** By id: what was made of tokens that are there. */
  #known = new Map<string, Known>()
  #seen: Tokens | null = null

  constructor(options: DelegationTokensOptions) {
    this.#options = options
  }

  get isEnabled(): boolean {
    return this.#options.secret !== null
  }

  /** All of them. */
  get tokens(): Tokens {
    return this.#options.tokens()
  }

  /** What whoever has the token shows. Kafka makes the same of the same secret and id. */
  hmacOf(tokenId: string): Buffer {
    const { secret } = this.#options
    if (secret === null) throw new Error('there is no secret to make tokens by')
    return createHmac('sha512', secret.reveal()).update(tokenId, 'utf8').digest()
  }

  /** The token that this is the HMAC of, undefined where there is none. */
  withHmac(hmac: Buffer): DelegationToken | undefined {
    for (const token of this.tokens.values()) if (isSame(this.#knownOf(token.tokenId).hmac, hmac)) return token
    return undefined
  }

  /** Undefined where there is no such token. */
  loginOf(tokenId: string, mechanism: ScramMechanism): TokenLogin | undefined {
    if (!this.isEnabled) return undefined
    const token = this.tokens.get(tokenId)
    if (token === undefined) return undefined
    const { hmac, credentials } = this.#knownOf(tokenId)
    let credential = credentials.get(mechanism)
    if (credential === undefined) {
      credential = this.#credentialFrom(hmac, mechanism)
      credentials.set(mechanism, credential)
    }
    const user = token.owner.slice(token.owner.indexOf(':') + 1)
    return { credential, user, lifeMs: token.expiryTimestamp - this.#options.clock.now() }
  }

  /** While everybody waits, which is a few milliseconds once for each token and mechanism, so that a token is good as soon as it is there. */
  #credentialFrom(hmac: Buffer, mechanism: ScramMechanism): ScramCredential {
    const { hash, hashBytes } = scramMechanisms[mechanism]
    const salt = this.#options.salt()
    const saltedPassword = pbkdf2Sync(hmac.toString('base64'), salt, iterationsMin, hashBytes, hash)
    return credentialOf(mechanism, { saltedPassword, salt, iterations: iterationsMin })
  }

  #knownOf(tokenId: string): Known {
    this.#forget()
    let known = this.#known.get(tokenId)
    if (known === undefined) {
      known = { hmac: this.hmacOf(tokenId), credentials: new Map() }
      this.#known.set(tokenId, known)
    }
    return known
  }

  /** What was made of tokens that are no more. */
  #forget(): void {
    const { tokens } = this
    if (this.#seen === tokens) return
    this.#seen = tokens
    for (const tokenId of this.#known.keys()) if (!tokens.has(tokenId)) this.#known.delete(tokenId)
  }
}
