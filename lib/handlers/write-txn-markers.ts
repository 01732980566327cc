/** WriteTxnMarkers: a coordinator has transactions ended in the logs of partitions (KIP-98). */
import { codes } from '../../protocol/errors.ts'
import type { WriteTxnMarkersRequest, WriteTxnMarkersResponse } from '../../protocol/messages/write-txn-markers.ts'
import { clusterResource } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

/** The id and the epoch of what no producer has written. */
const nobody = -1

export async function writeTxnMarkers(
  request: WriteTxnMarkersRequest,
  context: Context,
): Promise<WriteTxnMarkersResponse> {
  const { broker } = context
  const mayWrite =
    broker.authorize(context, 'alter', 'cluster', clusterResource) ||
    broker.authorize(context, 'clusterAction', 'cluster', clusterResource)
  if (!mayWrite) {
    const refusal = {
      errorCode: codes.CLUSTER_AUTHORIZATION_FAILED,
      errorMessage: null,
      apiVersion: context.apiVersion,
    }
    return refuseWriteTxnMarkers(request, refusal)
  }
  const named = request.markers.filter(({ topics }) =>
    topics.some(({ partitionIndexes }) => partitionIndexes.length > 0),
  )
  const written = named.map(async ({ topics, producerId, producerEpoch, coordinatorEpoch, transactionResult }) => {
    const partitions = new Map<string, Set<number>>()
    for (const { name, partitionIndexes } of topics)
      partitions.set(name, new Set([...(partitions.get(name) ?? []), ...partitionIndexes]))
    const end = { producerId, producerEpoch, coordinatorEpoch, committed: transactionResult }
    const isOfNobody = producerId === nobody || producerEpoch === nobody
    const results = isOfNobody ? [] : await broker.markers.write(end, partitions)
    const found = new Map(results.map(({ topic, index, errorCode }) => [`${topic}-${index}`, errorCode]))
    return {
      producerId,
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map(partitionIndex => ({
          partitionIndex,
          errorCode: isOfNobody ? codes.UNKNOWN_SERVER_ERROR : found.get(`${name}-${partitionIndex}`)!,
        })),
      })),
    }
  })
  return { markers: await Promise.all(written) }
}

/** The code at each partition of each transaction. */
export function refuseWriteTxnMarkers(
  { markers }: WriteTxnMarkersRequest,
  { errorCode }: Refusal,
): WriteTxnMarkersResponse {
  return {
    markers: markers.map(({ producerId, topics }) => ({
      producerId,
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map(partitionIndex => ({ partitionIndex, errorCode })),
      })),
    })),
  }
}
