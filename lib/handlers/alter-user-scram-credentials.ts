/** AlterUserScramCredentials: sets and deletes what users authenticate by (KIP-554). Passwords come salted and hashed, and only keys of them are kept. */
import type {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from '../../protocol/messages/alter-user-scram-credentials.ts'
import { planScram, type ScramAlteration } from '../cluster/scram.ts'
import { credentialOf, scramMechanismOf } from '../security/scram.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

/** One result for each user. */
export async function alterUserScramCredentials(
  { deletions, upsertions }: AlterUserScramCredentialsRequest,
  context: Context,
): Promise<AlterUserScramCredentialsResponse> {
  checkClusterOperation(context, 'alter')
  const alterations: ScramAlteration[] = [
    ...deletions.map(({ name: user, mechanism }) => ({ user, mechanism, credential: null })),
    ...upsertions.map(({ name: user, mechanism, iterations, salt, saltedPassword }) => {
      const known = scramMechanismOf(mechanism)
      const isGiven = known !== undefined && saltedPassword.length > 0
      // A copy of the salt: the image keeps it, and the request lies in a larger buffer.
      const credential = isGiven
        ? credentialOf(known, { saltedPassword, salt: Buffer.from(salt), iterations })
        : undefined
      return { user, mechanism, credential }
    }),
  ]
  const results = await context.broker.cluster.changeBy(({ scramUsers }) => planScram(scramUsers, alterations))
  return { throttleTimeMs: 0, results }
}

/** One result for each change. */
export function refuseAlterUserScramCredentials(
  { deletions, upsertions }: AlterUserScramCredentialsRequest,
  { errorCode, errorMessage }: Refusal,
): AlterUserScramCredentialsResponse {
  const results = [...deletions, ...upsertions].map(({ name }) => ({ user: name, errorCode, errorMessage }))
  return { throttleTimeMs: 0, results }
}
