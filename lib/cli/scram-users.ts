/** Users that a data directory is formatted with: `SCRAM-SHA-256=[name=alice,password=…]`, as kafka-storage takes them. */
import { systemRandom } from '../base/random.ts'
import { Secret } from '../base/secret.ts'
import { storedScram } from '../cluster/scram.ts'
import type { StoredChange } from '../cluster/stored.ts'
import { credentialFrom } from '../security/salting.ts'
import {
  credentialOf,
  isScramMechanism,
  iterationsMax,
  iterationsMin,
  type ScramCredential,
  type ScramMechanism,
  scramMechanisms,
} from '../security/scram.ts'
import { iterationsUsual, scramFields } from '../security/scram-text.ts'
import { UsageError } from './io.ts'

/** One user with a password, or with what was made of one. */
export interface FormattedUser {
  readonly name: string
  readonly mechanism: ScramMechanism
  readonly iterations: number
  readonly salt: Buffer | null
  readonly password: Secret | null
  readonly saltedPassword: Buffer | null
}

const saltBytes = 20
const known = ['name', 'password', 'salt', 'saltedpassword', 'iterations']

/** Throws UsageError, in Kafka's words. */
export function parseScramUser(text: string): FormattedUser {
  const at = text.indexOf('=')
  if (at < 0) throw new UsageError(`Failed to find equals sign in SCRAM argument '${text}'`)
  const mechanism = text.slice(0, at)
  if (!isScramMechanism(mechanism)) throw new UsageError(`The add-scram mechanism ${mechanism} is not supported.`)
  const value = text.slice(at + 1)
  if (!value.startsWith('[')) throw new UsageError('Expected configuration string to start with [')
  if (!value.endsWith(']')) throw new UsageError('Expected configuration string to end with ]')
  const fields = scramFields(value.slice(1, -1))
  if (fields === null) throw new UsageError('Expected name=value, separated by commas, within the brackets')
  const unknown = [...fields.keys()].filter(name => !known.includes(name))
  if (unknown.length > 0) throw new UsageError(`Unknown SCRAM configurations: ${unknown.join(', ')}`)
  const [name, password, saltText, salted] = ['name', 'password', 'salt', 'saltedpassword'].map(each =>
    fields.get(each),
  )
  if (!name) throw new UsageError("You must supply 'name' to add-scram")
  if (password === undefined && salted === undefined)
    throw new UsageError("You must supply one of 'password' or 'saltedpassword' to add-scram")
  if (password === undefined && saltText === undefined)
    throw new UsageError("You must supply 'salt' with 'saltedpassword' to add-scram")
  return {
    name,
    mechanism,
    iterations: iterationsIn(fields.get('iterations'), mechanism),
    salt: saltText === undefined ? null : Buffer.from(saltText, 'base64'),
    password: password === undefined ? null : new Secret(password),
    saltedPassword: password === undefined ? Buffer.from(salted!, 'base64') : null,
  }
}

function iterationsIn(text: string | undefined, mechanism: ScramMechanism): number {
  if (text === undefined) return iterationsUsual
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`Failed to parse iterations count: ${text}`)
  const iterations = Number(text)
  const javaName = mechanism.replaceAll('-', '_')
  if (iterations < iterationsMin)
    throw new UsageError(`The 'iterations' value must be >= ${iterationsMin} for add-scram using ${javaName}`)
  if (iterations > iterationsMax)
    throw new UsageError(`The 'iterations' value must be <= ${iterationsMax} for add-scram using ${javaName}`)
  return iterations
}

/** What is stored of them. */
export function storedUsers(users: readonly FormattedUser[]): Promise<StoredChange[]> {
  return Promise.all(
    users.map(async user => storedScram(user.name, scramMechanisms[user.mechanism].number, await credentialFor(user))),
  )
}

async function credentialFor(user: FormattedUser): Promise<ScramCredential> {
  const { mechanism, iterations, password, saltedPassword } = user
  const salt = user.salt ?? systemRandom.bytes(saltBytes)
  return password === null
    ? credentialOf(mechanism, { saltedPassword: saltedPassword!, salt, iterations })
    : credentialFrom(mechanism, password, salt, iterations)
}
