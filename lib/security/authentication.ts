/**
 * Who one connection's client is: the order of handshake and exchange, sessions that end, and logins that are renewed (KIP-368). It is told
 * of requests and of the time, and says what to answer; who reads and writes frames is its caller.
 */
import type { Exchange, Reply } from './exchange.ts'

/** How the clients of one listener may log in, as it is when a connection begins. */
export interface Logins {
  /** Mechanisms in the order in which clients are told of them. */
  readonly mechanisms: readonly string[]
  /** Begins an exchange by one of the mechanisms. */
  begin(mechanism: string): Exchange
  /** How long a login by a mechanism holds; 0 for ever. */
  sessionMsOf(mechanism: string): number
}

/** What is awaited: a choice of mechanism, with the question for versions before it or without, messages of an exchange, or any request. */
export type LoginState = 'versions' | 'handshake' | 'exchange' | 'done' | 'failed'

/** What a handshake leads to. */
export type HandshakeOutcome =
  | { readonly kind: 'chosen' }
  /** None of the mechanisms: the client is told which there are, and the login has failed. */
  | { readonly kind: 'unsupported' }
  /** One that is not the one by which it logged in first: the choice is answered, and the login has failed. */
  | { readonly kind: 'changed' }
  /** The connection is closed without an answer. */
  | { readonly kind: 'closed'; readonly reason: string }

/** What a message of an exchange leads to. */
export type MessageOutcome =
  | { readonly kind: 'answered'; readonly message: Buffer; readonly sessionMs: number }
  | { readonly kind: 'refused'; readonly reason: string }

/** A login is renewed at most this often, as in Kafka: more is refused as a request at the wrong time. */
const renewalIntervalMsMin = 1_000

/** Messages of one exchange. The longest, SCRAM, has two. */
const messagesMax = 8

export class Authentication {
  readonly #logins: Logins
  #state: LoginState = 'versions'
  #exchange: Exchange | null = null
  #messages = 0
  /** The mechanism of the exchange, or by which the client is logged in. */
  #mechanism: string | null = null
  #user: string | null = null
  /** Whether messages come as they are, without a request around them. */
  #areBare = false
  #isRenewal = false
  #isByToken = false
  #lastRenewalMs = Number.NEGATIVE_INFINITY
  #endsAtMs = Number.POSITIVE_INFINITY

  constructor(logins: Logins) {
    this.#logins = logins
  }

  get state(): LoginState {
    return this.#state
  }

  get mechanisms(): readonly string[] {
    return this.#logins.mechanisms
  }

  /** Null before one was chosen. */
  get mechanism(): string | null {
    return this.#mechanism
  }

  /** Who the client is, or says to be; null where it has said nothing. */
  get user(): string | null {
    return this.#user
  }

  /** Whether the client is logged in by a delegation token, as its owner. */
  get isByToken(): boolean {
    return this.#isByToken
  }

  /** The next frame is a message of the exchange without a request around it (SaslHandshake version 0). */
  get takesBareMessages(): boolean {
    return this.#state === 'exchange' && this.#areBare
  }

  /** Whether the session ends at some time. */
  get hasEnd(): boolean {
    return this.#endsAtMs !== Number.POSITIVE_INFINITY
  }

  /** Whether it is over at this moment. */
  isOver(nowMs: number): boolean {
    return nowMs >= this.#endsAtMs
  }

  /** The client has asked which versions there are. It may do so once, before anything else. */
  versions(): void {
    this.#state = 'handshake'
  }

  /** Whether a client that is logged in may log in again now: only where its session ends. */
  mayRenew(nowMs: number): boolean {
    return this.#state === 'done' && this.hasEnd && nowMs - this.#lastRenewalMs >= renewalIntervalMsMin
  }

  /** The client chooses a mechanism: first, or to renew its login. */
  handshake(mechanism: string, isBare: boolean, nowMs: number): HandshakeOutcome {
    if (this.#state === 'done') {
      this.#isRenewal = true
      this.#lastRenewalMs = nowMs
      if (!this.#logins.mechanisms.includes(mechanism)) {
        return this.#closed(`a login renewed by ${mechanism}, which is not enabled`)
      }
      if (mechanism !== this.#mechanism) {
        this.#state = 'failed'
        return { kind: 'changed' }
      }
    }
    if (!this.#logins.mechanisms.includes(mechanism)) {
      this.#state = 'failed'
      return { kind: 'unsupported' }
    }
    this.#state = 'exchange'
    this.#mechanism = mechanism
    this.#areBare = isBare
    this.#messages = 0
    this.#exchange = this.#logins.begin(mechanism)
    return { kind: 'chosen' }
  }

  /** A message of the exchange. */
  message(bytes: Buffer, nowMs: number): MessageOutcome {
    const reply: Reply =
      ++this.#messages > messagesMax
        ? { kind: 'refused', reason: 'Authentication failed: too many messages', user: this.#user }
        : this.#exchange!.receive(bytes)
    switch (reply.kind) {
      case 'challenge':
        return { kind: 'answered', message: reply.message, sessionMs: 0 }
      case 'refused':
        if (!this.#isRenewal) this.#user = reply.user
        return this.#refused(reply.reason)
      case 'user': {
        if (this.#isRenewal && reply.user !== this.#user) {
          return this.#refused(
            `Cannot change principals during re-authentication from User.${this.#user}: User.${reply.user}`,
          )
        }
        this.#user = reply.user
        const { tokenLifeMs } = reply
        this.#isByToken = tokenLifeMs !== undefined
        const sessionMs = this.#sessionMs(tokenLifeMs)
        // A token that is good no more ends the session with the next request.
        const hasEnd = sessionMs > 0 || this.#isByToken
        this.#endsAtMs = hasEnd ? nowMs + sessionMs : Number.POSITIVE_INFINITY
        this.#state = 'done'
        this.#exchange = null
        return { kind: 'answered', message: reply.message, sessionMs }
      }
    }
  }

  /** 0 for ever, or not at all where a token is good no more. */
  #sessionMs(tokenLifeMs: number | undefined): number {
    const sessionMs = this.#logins.sessionMsOf(this.#mechanism!)
    if (tokenLifeMs === undefined) return sessionMs
    return Math.max(0, sessionMs > 0 ? Math.min(sessionMs, tokenLifeMs) : tokenLifeMs)
  }

  /** A request that has no place in an exchange. */
  fail(): void {
    this.#state = 'failed'
    this.#exchange = null
  }

  #refused(reason: string): MessageOutcome {
    this.fail()
    return { kind: 'refused', reason }
  }

  #closed(reason: string): HandshakeOutcome {
    this.fail()
    return { kind: 'closed', reason }
  }
}
