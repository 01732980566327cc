/** An administrator's operations on what users log in by. */
import { codes } from '../../protocol/errors.ts'
import { AlterUserScramCredentials } from '../../protocol/messages/alter-user-scram-credentials.ts'
import { DescribeUserScramCredentials } from '../../protocol/messages/describe-user-scram-credentials.ts'
import type { Secret } from '../base/secret.ts'
import { saltedPassword } from '../security/salting.ts'
import { type ScramMechanism, scramMechanismOf, scramMechanisms } from '../security/scram.ts'
import type { Admin } from './admin.ts'
import { AdminError } from './admin-error.ts'

/** A user with what it logs in by. */
export interface ScramUser {
  readonly user: string
  readonly credentials: readonly { readonly mechanism: ScramMechanism; readonly iterations: number }[]
}

/** A credential to set. */
export interface ScramPassword {
  readonly mechanism: ScramMechanism
  readonly password: Secret
  readonly iterations: number
}

const saltBytes = 20

/** All users, or those with these names that have credentials. Rejects with AdminError. */
export async function describeScramUsers(admin: Admin, names: readonly string[] | null): Promise<ScramUser[]> {
  const users = names?.map(name => ({ name })) ?? null
  const { results } = await admin.ask({ to: 'any' }, DescribeUserScramCredentials, { users })
  const found: ScramUser[] = []
  for (const { user, errorCode, errorMessage, credentialInfos } of results) {
    if (errorCode === codes.RESOURCE_NOT_FOUND) continue
    if (errorCode !== codes.NONE) throw new AdminError(errorCode, errorMessage)
    const credentials = credentialInfos.flatMap(({ mechanism, iterations }) => {
      const known = scramMechanismOf(mechanism)
      return known === undefined ? [] : [{ mechanism: known, iterations }]
    })
    found.push({ user, credentials })
  }
  return found
}

/** Sets and deletes what a user logs in by. The password stays here: it is sent salted and hashed. Rejects with AdminError. */
export async function alterScramUser(
  admin: Admin,
  user: string,
  { set, deleted }: { readonly set: readonly ScramPassword[]; readonly deleted: readonly ScramMechanism[] },
  saltOf: (count: number) => Buffer,
): Promise<void> {
  const numberOf = (mechanism: ScramMechanism) => scramMechanisms[mechanism].number
  const upsertions = await Promise.all(
    set.map(async ({ mechanism, password, iterations }) => {
      const salt = saltOf(saltBytes)
      const salted = await saltedPassword(mechanism, password, salt, iterations)
      return { name: user, mechanism: numberOf(mechanism), iterations, salt, saltedPassword: salted }
    }),
  )
  const deletions = deleted.map(mechanism => ({ name: user, mechanism: numberOf(mechanism) }))
  await admin.ask(
    { to: 'controller' },
    AlterUserScramCredentials,
    { deletions, upsertions },
    {
      errorOf: ({ results }) => results.find(({ errorCode }) => errorCode !== 0)?.errorCode ?? 0,
      messageOf: ({ results }) => results.find(({ errorCode }) => errorCode !== 0)?.errorMessage ?? null,
    },
  )
}
