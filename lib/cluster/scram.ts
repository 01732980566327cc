/** What is kept of users' passwords for SCRAM, and plans to change it. The rules are Kafka's, one user at a time. */
import { codes } from '../../protocol/errors.ts'
import type { StoredChange } from './stored.ts'

/** Enough to know a password again, and not enough to log in with. */
export interface ScramCredential {
  readonly iterations: number
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

/** By user, then by Kafka's number of the mechanism. */
export type ScramUsers = ReadonlyMap<string, ReadonlyMap<number, ScramCredential>>

/** Numbers of SCRAM-SHA-256 and SCRAM-SHA-512. */
const mechanisms: readonly number[] = [1, 2]

/** Whether it is the number of a mechanism that is served. */
export function isScramMechanism(mechanism: number): boolean {
  return mechanisms.includes(mechanism)
}

/** Fewer are guessed too easily, more would keep clients busy. */
const iterationsMin = 4_096
const iterationsMax = 16_384

/** One credential to set, or to delete where there is none. */
export interface ScramAlteration {
  readonly user: string
  readonly mechanism: number
  /** Null to delete; undefined where nothing can be made of what was given. */
  readonly credential: ScramCredential | null | undefined
}

export interface ScramResult {
  readonly user: string
  readonly errorCode: number
  /** Null where it is done. */
  readonly errorMessage: string | null
}

/** One result for each user, in the order of first mention; of a user who stands in the request twice nothing is changed. */
export function planScram(
  users: ScramUsers,
  alterations: readonly ScramAlteration[],
): { readonly changes: StoredChange[]; readonly result: ScramResult[] } {
  const results = new Map<string, ScramResult>()
  const changes = new Map<string, StoredChange>()
  const refuse = (user: string, errorCode: number, errorMessage: string) => {
    changes.delete(user)
    results.set(user, { user, errorCode, errorMessage })
  }
  for (const alteration of alterations) {
    const { user, mechanism, credential } = alteration
    if ((results.get(user)?.errorCode ?? codes.NONE) !== codes.NONE) continue
    if (results.has(user)) {
      refuse(user, codes.DUPLICATE_RESOURCE, 'A user credential cannot be altered twice in the same request')
      continue
    }
    const fault = faultOf(users, alteration)
    if (fault !== null) refuse(user, ...fault)
    else {
      results.set(user, { user, errorCode: codes.NONE, errorMessage: null })
      changes.set(user, storedScram(user, mechanism, credential ?? null))
    }
  }
  return { changes: [...changes.values()], result: [...results.values()] }
}

function faultOf(
  users: ScramUsers,
  { user, mechanism, credential }: ScramAlteration,
): [errorCode: number, errorMessage: string] | null {
  if (user === '') return [codes.UNACCEPTABLE_CREDENTIAL, 'Username must not be empty']
  if (!isScramMechanism(mechanism)) return [codes.UNSUPPORTED_SASL_MECHANISM, 'Unknown SCRAM mechanism']
  if (credential === null) {
    if (users.get(user)?.has(mechanism)) return null
    return [codes.RESOURCE_NOT_FOUND, 'Attempt to delete a user credential that does not exist']
  }
  if (credential === undefined) return [codes.UNACCEPTABLE_CREDENTIAL, 'Salted password must not be empty']
  if (credential.iterations < iterationsMin) return [codes.UNACCEPTABLE_CREDENTIAL, 'Too few iterations']
  if (credential.iterations > iterationsMax) return [codes.UNACCEPTABLE_CREDENTIAL, 'Too many iterations']
  return null
}

/** A credential as it is stored; null deletes it. */
export function storedScram(user: string, mechanism: number, credential: ScramCredential | null): StoredChange {
  const key = `scram/${mechanism}/${user}`
  if (credential === null) return { key, value: null }
  const { iterations, salt, storedKey, serverKey } = credential
  const [saltText, storedText, serverText] = [salt, storedKey, serverKey].map(bytes => bytes.toString('base64'))
  return { key, value: JSON.stringify({ iterations, salt: saltText, storedKey: storedText, serverKey: serverText }) }
}

interface StoredScram {
  readonly iterations: number
  readonly salt: string
  readonly storedKey: string
  readonly serverKey: string
}

/** The users after one credential was set or deleted. */
export function withScram(users: ScramUsers, user: string, mechanism: number, stored: StoredScram | null): ScramUsers {
  const own = new Map(users.get(user))
  if (stored === null) own.delete(mechanism)
  else {
    const bytes = (text: string) => Buffer.from(text, 'base64')
    const { iterations, salt, storedKey, serverKey } = stored
    own.set(mechanism, { iterations, salt: bytes(salt), storedKey: bytes(storedKey), serverKey: bytes(serverKey) })
  }
  const next = new Map(users)
  if (own.size === 0) next.delete(user)
  else next.set(user, own)
  return next
}
