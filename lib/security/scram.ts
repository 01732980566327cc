/** SCRAM (RFC 5802, RFC 7677): the messages, and what keys and proofs are made of. Passwords are never sent. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { type ScramMechanism, scramMechanisms } from './scram-mechanisms.ts'

export { isScramMechanism, type ScramMechanism, scramMechanismOf, scramMechanisms } from './scram-mechanisms.ts'

/** Iterations of a credential: fewer are too easily guessed, more would keep clients busy. */
export const iterationsMin = 4_096
export const iterationsMax = 16_384

/** What a broker keeps of a password: enough to know it again, and not enough to log in. */
export interface ScramCredential {
  readonly iterations: number
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

/** A message that has not the form of SCRAM. */
export class ScramError extends Error {
  override readonly name = 'ScramError'
}

/** The keys that follow from a password that is salted and hashed already. */
export function keysOf(mechanism: ScramMechanism, saltedPassword: Buffer): { clientKey: Buffer; serverKey: Buffer } {
  return {
    clientKey: mac(mechanism, saltedPassword, 'Client Key'),
    serverKey: mac(mechanism, saltedPassword, 'Server Key'),
  }
}

/** What a broker keeps. */
export function credentialOf(
  mechanism: ScramMechanism,
  salted: { readonly saltedPassword: Buffer; readonly salt: Buffer; readonly iterations: number },
): ScramCredential {
  const { clientKey, serverKey } = keysOf(mechanism, salted.saltedPassword)
  const { salt, iterations } = salted
  return { salt, iterations, storedKey: hash(mechanism, clientKey), serverKey }
}

export function mac(mechanism: ScramMechanism, key: Buffer, text: string): Buffer {
  return createHmac(scramMechanisms[mechanism].hash, key).update(text, 'utf8').digest()
}

export function hash(mechanism: ScramMechanism, bytes: Buffer): Buffer {
  return createHash(scramMechanisms[mechanism].hash).update(bytes).digest()
}

export function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, index) => byte ^ b[index]!))
}

/** Compares without telling how far the two agree. */
export function isSame(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

/** How the user's name stands in a message: commas and equals signs escaped. */
export function saslName(user: string): string {
  return user.replace(/=/g, '=3D').replace(/,/g, '=2C')
}

function nameOf(text: string): string {
  if (/=(?!2C|3D)/.test(text)) throw new ScramError('a user name with an escape that is none')
  return text.replace(/=2C/g, ',').replace(/=3D/g, '=')
}

/** Client's first message. */
export interface ClientFirst {
  readonly user: string
  /** Who the user wants to act as; '' for itself. */
  readonly authorizationId: string
  readonly nonce: string
  readonly extensions: ReadonlyMap<string, string>
  /** What takes part in the proofs. */
  readonly bare: string
}

const clientFirstForm =
  /^n,(?:a=((?:[^=,\0]|=2C|=3D)+))?,((?:m=[^,\0]*,)?n=((?:[^=,\0]|=2C|=3D)+),r=([!-+\--~]+)(?:,(.*))?)$/s

/** Throws ScramError where the text is none. */
export function parseClientFirst(text: string): ClientFirst {
  const match = clientFirstForm.exec(text)
  if (match === null) throw new ScramError('a first message that has not the form of SCRAM')
  const [, authorizationId = '', bare, user, nonce, rest = ''] = match
  return {
    user: nameOf(user!),
    authorizationId: nameOf(authorizationId),
    nonce: nonce!,
    extensions: extensionsOf(rest),
    bare: bare!,
  }
}

function extensionsOf(text: string): ReadonlyMap<string, string> {
  const extensions = new Map<string, string>()
  if (text === '') return extensions
  for (const part of text.split(',')) {
    const match = /^([A-Za-z]+)=(.*)$/s.exec(part)
    if (match === null) throw new ScramError('an extension that has not the form of SCRAM')
    extensions.set(match[1]!, match[2]!)
  }
  return extensions
}

/** By which a client says that it is no user, but the id of a delegation token. */
export const tokenExtension = 'tokenauth'

export function clientFirstBare(user: string, nonce: string, isToken = false): string {
  return `n=${saslName(user)},r=${nonce}${isToken ? `,${tokenExtension}=true` : ''}`
}

export function serverFirst(nonce: string, { salt, iterations }: Pick<ScramCredential, 'salt' | 'iterations'>): string {
  return `r=${nonce},s=${salt.toString('base64')},i=${iterations}`
}

const serverFirstForm = /^(?:m=[^,\0]*,)?r=([!-+\--~]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9][0-9]{0,8})(?:,.*)?$/s

/** Throws ScramError where the text is none. */
export function parseServerFirst(text: string): { nonce: string; salt: Buffer; iterations: number } {
  const match = serverFirstForm.exec(text)
  if (match === null) throw new ScramError('a first answer that has not the form of SCRAM')
  return { nonce: match[1]!, salt: Buffer.from(match[2]!, 'base64'), iterations: Number(match[3]) }
}

const clientFinalForm = /^(c=([A-Za-z0-9+/]+={0,2}),r=([!-+\--~]+)(?:,[^\0]*?)?),p=([A-Za-z0-9+/]+={0,2})$/s

export interface ClientFinal {
  readonly channelBinding: Buffer
  readonly nonce: string
  readonly proof: Buffer
  /** What takes part in the proofs. */
  readonly withoutProof: string
}

/** Throws ScramError where the text is none. */
export function parseClientFinal(text: string): ClientFinal {
  const match = clientFinalForm.exec(text)
  if (match === null) throw new ScramError('a last message that has not the form of SCRAM')
  const [, withoutProof, binding, nonce, proof] = match
  return {
    channelBinding: Buffer.from(binding!, 'base64'),
    nonce: nonce!,
    proof: Buffer.from(proof!, 'base64'),
    withoutProof: withoutProof!,
  }
}

/** The signature by which a broker shows that it knows the user too; throws ScramError where the text has an error or none. */
export function parseServerFinal(text: string): Buffer {
  const match = /^v=([A-Za-z0-9+/]+={0,2})(?:,.*)?$/s.exec(text)
  if (match === null) {
    const error = /^e=([^,\0]*)/.exec(text)
    throw new ScramError(error ? `the broker's error ${error[1]}` : 'a last answer that has not the form of SCRAM')
  }
  return Buffer.from(match[1]!, 'base64')
}
