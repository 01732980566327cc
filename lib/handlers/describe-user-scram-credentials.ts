/** DescribeUserScramCredentials: by which mechanisms users may authenticate (KIP-554), and never the secrets. */
import { codes } from '../../protocol/errors.ts'
import type {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
} from '../../protocol/messages/describe-user-scram-credentials.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

type Result = DescribeUserScramCredentialsResponse['results'][number]

/** Null and the empty list ask for all users; of those that are named, each is answered once. */
export function describeUserScramCredentials(
  { users }: DescribeUserScramCredentialsRequest,
  context: Context,
): DescribeUserScramCredentialsResponse {
  checkClusterOperation(context, 'describe')
  const times = new Map<string, number>()
  for (const { name } of users ?? []) times.set(name, (times.get(name) ?? 0) + 1)
  const { scramUsers } = context.broker.cluster.image
  if (times.size === 0) for (const user of scramUsers.keys()) times.set(user, 1)
  const results = [...times].map(([user, count]) => {
    if (count > 1)
      return withoutCredentials(
        user,
        codes.DUPLICATE_RESOURCE,
        `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`,
      )
    const credentials = scramUsers.get(user)
    if (credentials === undefined)
      return withoutCredentials(
        user,
        codes.RESOURCE_NOT_FOUND,
        `Attempt to describe a user credential that does not exist: ${user}`,
      )
    const credentialInfos = [...credentials]
      .sort(([a], [b]) => a - b)
      .map(([mechanism, { iterations }]) => ({ mechanism, iterations }))
    return { user, errorCode: codes.NONE, errorMessage: '', credentialInfos }
  })
  return { throttleTimeMs: 0, errorCode: codes.NONE, errorMessage: '', results }
}

/** The code at the top, and for each user that was named, whom the answer does not name. */
export function refuseDescribeUserScramCredentials(
  { users }: DescribeUserScramCredentialsRequest,
  { errorCode, errorMessage }: Refusal,
): DescribeUserScramCredentialsResponse {
  const results = (users ?? []).map(() => withoutCredentials('', errorCode, errorMessage))
  return { throttleTimeMs: 0, errorCode, errorMessage, results }
}

function withoutCredentials(user: string, errorCode: number, errorMessage: string | null): Result {
  return { user, errorCode, errorMessage, credentialInfos: [] }
}
