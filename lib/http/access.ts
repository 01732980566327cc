/**
 * Who may write by HTTP. Behind a proxy everybody comes from this machine, so where a request comes from says nothing: who writes has the token of
 * the link that is printed at the start, or has logged in. A browser keeps that as a cookie, which pages of other sites cannot send.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'

/** One browser, or program, that showed the token or logged in. */
export interface HttpSession {
  readonly mayWrite: boolean
  /** What `login` gave for it; null where it came by the token. */
  readonly user: unknown
}

export interface HttpAccessOptions {
  readonly random: Random
  readonly clock: Clock
  /** The token instead of a random one. */
  readonly token?: string | undefined
  /** Whether everybody may write who reaches the server. */
  readonly isOpen?: boolean
}

/** Sessions that are kept; the one that was used least recently goes first. */
const sessionsMax = 256
/** How long one is kept that nobody uses. */
const idleMsMax = 12 * 3_600_000
/** The characters of a token, and so the bytes that a guess is compared by. */
const tokenBytes = 24

interface Kept {
  readonly session: HttpSession
  usedMs: number
}

/** See the head of the file. */
export class HttpAccess {
  readonly token: string
  readonly isOpen: boolean
  readonly #random: Random
  readonly #clock: Clock
  /** By cookie, the least recently used first. */
  readonly #sessions = new Map<string, Kept>()

  constructor({ random, clock, token, isOpen = false }: HttpAccessOptions) {
    this.#random = random
    this.#clock = clock
    this.isOpen = isOpen
    this.token = token ?? newToken(random)
  }

  /** Whether a text is the token, in a time that does not tell how much of it is. */
  isToken(text: string): boolean {
    return timingSafeEqual(digest(text), digest(this.token))
  }

  /** Begins a session, and gives the value of its cookie. */
  begin(session: HttpSession): string {
    const oldest = this.#sessions.keys().next().value
    if (this.#sessions.size >= sessionsMax && oldest !== undefined) this.#sessions.delete(oldest)
    const id = newToken(this.#random)
    this.#sessions.set(id, { session, usedMs: this.#clock.monotonicMs() })
    return id
  }

  /** Ends the session of a request, if it has one. */
  end(cookies: string | undefined, cookieName: string): void {
    this.#sessions.delete(cookieIn(cookies, cookieName) ?? '')
  }

  /** The session of a request: by its cookie, or by `Authorization: Bearer TOKEN`. Null where it has none. */
  sessionOf(authorization: string | undefined, cookies: string | undefined, cookieName: string): HttpSession | null {
    const bearer = /^(?:bearer|token) +(\S+) *$/i.exec(authorization ?? '')?.[1]
    if (bearer !== undefined && this.isToken(bearer)) return byToken
    const id = cookieIn(cookies, cookieName)
    const kept = id === null ? undefined : this.#sessions.get(id)
    if (id === null || kept === undefined) return null
    this.#sessions.delete(id)
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - kept.usedMs > idleMsMax) return null
    kept.usedMs = nowMs
    this.#sessions.set(id, kept)
    return kept.session
  }
}

/** A token that nobody guesses. */
export function newToken(random: Random): string {
  return random.bytes(tokenBytes).toString('base64url')
}

/** The session of who has the token. */
export const byToken: HttpSession = { mayWrite: true, user: null }

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function cookieIn(cookies: string | undefined, name: string): string | null {
  for (const part of (cookies ?? '').split(';')) {
    const at = part.indexOf('=')
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim()
  }
  return null
}
