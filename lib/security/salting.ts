/** The slow part of SCRAM: what is made of a password so that it is hard to guess from what is kept. It runs in a thread of Node's pool. */
import { pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import { offLoop } from '../base/off-loop.ts'
import type { Secret } from '../base/secret.ts'
import { credentialOf, type ScramCredential, type ScramMechanism, scramMechanisms } from './scram.ts'

const derive = promisify(pbkdf2)

/** A password, salted and hashed so many times. */
export function saltedPassword(
  mechanism: ScramMechanism,
  password: Secret,
  salt: Buffer,
  iterations: number,
): Promise<Buffer> {
  const { hash, hashBytes } = scramMechanisms[mechanism]
  return offLoop(derive(password.reveal(), salt, iterations, hashBytes, hash))
}

/** What a broker keeps of a password. */
export async function credentialFrom(
  mechanism: ScramMechanism,
  password: Secret,
  salt: Buffer,
  iterations: number,
): Promise<ScramCredential> {
  const salted = await saltedPassword(mechanism, password, salt, iterations)
  return credentialOf(mechanism, { saltedPassword: salted, salt, iterations })
}
