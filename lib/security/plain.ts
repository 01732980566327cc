/** PLAIN (RFC 4616): one message with user and password. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../base/secret.ts'
import type { Exchange, Reply } from './exchange.ts'

/** Passwords by user. Digests, as they have one length, by which two can be compared without telling how far they agree. */
export type PlainUsers = ReadonlyMap<string, Buffer>

const tokensWanted = 3
const nothing: Buffer = Buffer.alloc(0)

/** What is kept of a password. */
export function passwordDigest(password: string): Buffer {
  return createHash('sha256').update(password, 'utf8').digest()
}

const nobody = passwordDigest('')

/** The message by which a client logs in. */
export function plainMessage(user: string, password: Secret): Buffer {
  return Buffer.from(`\0${user}\0${password.reveal()}`, 'utf8')
}

/** Logs in users of whom the password is known. */
export class PlainExchange implements Exchange {
  readonly #users: PlainUsers

  constructor(users: PlainUsers) {
    this.#users = users
  }

  receive(message: Buffer): Reply {
    const tokens = message.toString('utf8').split('\0', tokensWanted + 1)
    if (tokens.length !== tokensWanted) {
      return refused(`Invalid SASL/PLAIN response: expected ${tokensWanted} tokens, got ${tokens.length}`, null)
    }
    const [authorizationId, user, password] = tokens as [string, string, string]
    if (user === '') return refused('Authentication failed: username not specified', null)
    if (password === '') return refused('Authentication failed: password not specified', user)
    const expected = this.#users.get(user)
    // Compared also where there is no such user, so that both take the same time.
    const isRight = timingSafeEqual(passwordDigest(password), expected ?? nobody)
    if (!isRight || expected === undefined) return refused('Authentication failed: Invalid username or password', user)
    if (authorizationId !== '' && authorizationId !== user) {
      return refused(
        'Authentication failed: Client requested an authorization id that is different from username',
        user,
      )
    }
    return { kind: 'user', message: nothing, user }
  }
}

function refused(reason: string, user: string | null): Reply {
  return { kind: 'refused', reason, user }
}
