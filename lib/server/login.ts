/** What a connection's client has to say of itself before its requests are served, on listeners that ask for it. */
import type { Timer } from '../base/clock.ts'
import type { Authentication } from '../security/authentication.ts'
import type { ConnectionInfo } from './connection-info.ts'
import type { FrameBounds } from './frame-reader.ts'

/** What the listeners ask, and who is told how it ended. */
export interface LoginRules {
  /** Null where a listener's clients need not say who they are. */
  begin(connection: ConnectionInfo): Authentication | null
  /** `sasl.server.max.receive.size`: bytes of a request before the client is known. */
  requestBytesMax(connection: ConnectionInfo): number
  /** `connection.failed.authentication.delay.ms`: how long a refusal waits, which slows down who guesses. */
  refusalDelayMs(): number
  succeeded(connection: ConnectionInfo, authentication: Authentication): void
  /** Without a reason where the connection is closed at once, as that is logged with its own. */
  failed(connection: ConnectionInfo, authentication: Authentication, reason: string | null): void
}

/**
 * How long a client may take to log in, so that connections of which nothing comes do not add up. Far above a slow network: Java's clients
 * give up after 30 s by themselves.
 */
export const loginMsMax = 60_000

/** Frames of one login: four are usual, and a client that asks for versions in vain sends more. */
const framesMax = 32

/** The login of one connection. */
export class Login {
  readonly authentication: Authentication
  /** The sizes that a frame may have now. */
  readonly bounds: FrameBounds
  /** Whether the client has been known at some time. */
  isKnown = false
  #frames = 0
  #refusal: Timer | null = null

  constructor(authentication: Authentication, requestBytesMax: number, others: FrameBounds) {
    this.authentication = authentication
    this.bounds = {
      get frameBytesMin() {
        // A message without a request around it may be empty.
        return authentication.state === 'done' ? others.frameBytesMin : 0
      },
      get frameBytesMax() {
        const { frameBytesMax } = others
        return authentication.state === 'done' ? frameBytesMax : Math.min(frameBytesMax, requestBytesMax)
      },
    }
  }

  /** Counts a frame of the login; false where they are too many. */
  counts(): boolean {
    return ++this.#frames <= framesMax
  }

  succeeded(): void {
    this.isKnown = true
    this.#frames = 0
  }

  /** The refusal that waits. */
  refuseBy(timer: Timer): void {
    this.#refusal = timer
  }

  /** The connection is closed. */
  closed(): void {
    this.#refusal?.cancel()
  }
}
