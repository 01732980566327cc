/** What `kafka-configs` says and does about users: their SCRAM credentials. */
import type { Admin } from '../../admin/admin.ts'
import type { ConfigChange } from '../../admin/configs.ts'
import { alterScramUser, describeScramUsers, type ScramPassword, type ScramUser } from '../../admin/users.ts'
import { systemRandom } from '../../base/random.ts'
import { isScramMechanism, type ScramMechanism } from '../../security/scram.ts'
import { scramPasswordIn } from '../../security/scram-text.ts'
import type { Io } from '../io.ts'
import { ToolUsageError } from './tool-usage-error.ts'

function unusable(sentence: string): ToolUsageError {
  return new ToolUsageError(sentence, { showHelp: false })
}

/** What users log in by: one, or all where the name is null. */
export async function scramUsers(admin: Admin, name: string | null): Promise<ScramUser[]> {
  // The default of all users could only have quotas.
  return name === '' ? [] : describeScramUsers(admin, name === null ? null : [name])
}

/** Prints what users log in by. */
export async function describeUsers(admin: Admin, name: string | null, io: Io): Promise<void> {
  for (const { user, credentials } of await scramUsers(admin, name)) {
    const said = credentials.map(({ mechanism, iterations }) => `${mechanism}=iterations=${iterations}`)
    io.stdout.write(`SCRAM credential configs for user-principal '${user}' are ${said.join(', ')}\n`)
  }
}

/** Sets credentials by `SCRAM-SHA-256` = `[iterations=8192,password=secret]`, and deletes those whose value is null. */
export async function alterUser(admin: Admin, name: string, changes: readonly ConfigChange[]): Promise<void> {
  const other = changes.filter(change => !isScramMechanism(change.name))
  if (other.length > 0) {
    const done = other.some(({ value }) => value !== null) ? 'added' : 'deleted'
    throw unusable(
      `Only quota and SCRAM credential configs can be ${done} for 'users' using --bootstrap-server. Unexpected config names: ${other.map(change => change.name).join(',')}`,
    )
  }
  if (name === '') {
    throw unusable(
      'The use of --entity-default or --user-defaults is not allowed with User SCRAM Credentials using --bootstrap-server.',
    )
  }
  const set: ScramPassword[] = []
  const deleted: ScramMechanism[] = []
  for (const change of changes) {
    const mechanism = change.name as ScramMechanism
    if (change.value === null) deleted.push(mechanism)
    else set.push({ mechanism, ...passwordOf(mechanism, change.value) })
  }
  await alterScramUser(admin, name, { set, deleted }, count => systemRandom.bytes(count))
}

function passwordOf(mechanism: ScramMechanism, text: string): Omit<ScramPassword, 'mechanism'> {
  const found = scramPasswordIn(mechanism, text)
  if (typeof found === 'string') throw unusable(found)
  if (/^(?:iterations=\d+,)?password=$/.test(text)) throw new Error('a password cannot be empty')
  // Without the text, which may hold a password.
  if (found === null) throw unusable(`Invalid credential property ${mechanism}: write [iterations=8192,password=…]`)
  return found
}
