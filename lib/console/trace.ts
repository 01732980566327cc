/** Who is told what all clients ask and are answered. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { describeCluster } from '../admin/cluster.ts'
import type { HttpAnswer, HttpRequest } from '../http/routes.ts'
import type { TraceAnswer } from './answers.ts'
import { numberIn } from './asked.ts'
import type { Visit } from './visits.ts'

/** The bit of ALTER among operations that the broker allows. */
const alterBit = 1 << 7

/**
 * For who may write, and may alter the cluster: who may that can make rules by which all is seen that stands here, names of clients, topics and groups of others.
 */
export async function traceAnswer(
  { admin }: Visit,
  request: HttpRequest,
  trace: (since: number) => TraceAnswer,
): Promise<TraceAnswer | HttpAnswer> {
  if (!request.mayWrite) {
    return {
      status: 401,
      body: { error: 'what clients ask is told to who may write: open the link that the server printed at its start' },
      contentType: 'application/json',
    }
  }
  const since = numberIn(request.query, 'since', 0)
  const { clusterAuthorizedOperations } = await describeCluster(admin, { includeAuthorizedOperations: true })
  if ((clusterAuthorizedOperations & alterBit) === 0)
    throw new KafkaError(codes.CLUSTER_AUTHORIZATION_FAILED, 'what clients ask is told to who may alter the cluster')
  return trace(since)
}
