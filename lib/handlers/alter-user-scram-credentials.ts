/** AlterUserScramCredentials: sets and deletes what users authenticate by (KIP-554). Authentication is not served. */
import type {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from '../../protocol/messages/alter-user-scram-credentials.ts'
import type { Refusal } from './refusals.ts'

/** The code at each deletion, then at each other change. */
export function refuseAlterUserScramCredentials(
  { deletions, upsertions }: AlterUserScramCredentialsRequest,
  { errorCode, errorMessage }: Refusal,
): AlterUserScramCredentialsResponse {
  const results = [...deletions, ...upsertions].map(({ name }) => ({ user: name, errorCode, errorMessage }))
  return { throttleTimeMs: 0, results }
}
