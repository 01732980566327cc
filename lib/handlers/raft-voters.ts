/** What the APIs that change the voters of the metadata's quorum ask of a request, in the order in which Apache Kafka asks. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { Context } from './context.ts'

/** INCONSISTENT_CLUSTER_ID for a voter of another cluster, INVALID_REQUEST for one that cannot be. */
export function checkVoterRequest(
  { clusterId, voterId }: { readonly clusterId: string | null; readonly voterId: number },
  { broker }: Context,
): void {
  const own = broker.cluster.image.clusterId
  if (clusterId !== null && clusterId !== own) {
    throw new KafkaError(codes.INCONSISTENT_CLUSTER_ID, `this is cluster ${own}, not ${clusterId}`)
  }
  if (voterId < 0) throw new KafkaError(codes.INVALID_REQUEST, `there can be no voter ${voterId}`)
}
