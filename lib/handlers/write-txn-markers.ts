/** WriteTxnMarkers: a coordinator has transactions ended in the logs of partitions (KIP-98). */
import { codes } from '../../protocol/errors.ts'
import type { WriteTxnMarkersRequest, WriteTxnMarkersResponse } from '../../protocol/messages/write-txn-markers.ts'
import type { MarkerResult } from '../coordination/markers.ts'
import { clusterResource } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

type Marker = WriteTxnMarkersRequest['markers'][number]

/** The id and the epoch of what no producer has written, and the version of no protocol. */
const nobody = -1

export async function writeTxnMarkers(
  request: WriteTxnMarkersRequest,
  context: Context,
): Promise<WriteTxnMarkersResponse> {
  const { broker } = context
  const mayWrite =
    broker.authorize(context, 'alter', 'cluster', clusterResource, false) ||
    broker.authorize(context, 'clusterAction', 'cluster', clusterResource)
  if (!mayWrite) {
    const refusal = {
      errorCode: codes.CLUSTER_AUTHORIZATION_FAILED,
      errorMessage: null,
      apiVersion: context.apiVersion,
    }
    return refuseWriteTxnMarkers(request, refusal)
  }
  const written = request.markers.map(marker => {
    const partitions = partitionsOf(marker)
    const { producerId, producerEpoch, transactionVersion } = marker
    const isOfNobody = producerId === nobody || producerEpoch === nobody || transactionVersion === nobody
    return isOfNobody ? refused(partitions) : broker.markers.write(endOf(marker), partitions)
  })
  // Told by producer, however many markers of it there are; of whom no partition is named, nothing is told.
  const byProducer = new Map<number, Map<string, Map<number, number>>>()
  for (const [at, results] of (await Promise.all(written)).entries()) {
    const { producerId } = request.markers[at]!
    for (const { topic, index, errorCode } of results) {
      const topics = entry(byProducer, producerId, () => new Map<string, Map<number, number>>())
      entry(topics, topic, () => new Map<number, number>()).set(index, errorCode)
    }
  }
  return {
    markers: [...byProducer].map(([producerId, topics]) => ({
      producerId,
      topics: [...topics].map(([name, partitions]) => ({
        name,
        partitions: [...partitions].map(([partitionIndex, errorCode]) => ({ partitionIndex, errorCode })),
      })),
    })),
  }
}

function endOf({ producerId, producerEpoch, coordinatorEpoch, transactionResult, transactionVersion }: Marker) {
  return { producerId, producerEpoch, coordinatorEpoch, committed: transactionResult, transactionVersion }
}

function refused(partitions: Map<string, Set<number>>): MarkerResult[] {
  return [...partitions].flatMap(([topic, indexes]) =>
    [...indexes].map(index => ({ topic, index, errorCode: codes.UNKNOWN_SERVER_ERROR })),
  )
}

function partitionsOf({ topics }: Marker): Map<string, Set<number>> {
  const partitions = new Map<string, Set<number>>()
  for (const { name, partitionIndexes } of topics) {
    const indexes = entry(partitions, name, () => new Set<number>())
    for (const index of partitionIndexes) indexes.add(index)
  }
  return partitions
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
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
