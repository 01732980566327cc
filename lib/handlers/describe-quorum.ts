/**
 * DescribeQuorum (KIP-595): who keeps the cluster's metadata, and how far each voter is. Metadata are not kept by a quorum here; the
 * broker that keeps them is described as the only voter of one, with their revision as the end of its log.
 */
import { codes } from '../../protocol/errors.ts'
import type { DescribeQuorumRequest, DescribeQuorumResponse } from '../../protocol/messages/describe-quorum.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import { endpointOf } from './endpoints.ts'
import type { Refusal } from './refusals.ts'

type PartitionResult = DescribeQuorumResponse['topics'][number]['partitions'][number]

const metadataTopic = '__cluster_metadata'
/** Nobody else was ever elected. */
const onlyEpoch = 1
const noDirectory = 'AAAAAAAAAAAAAAAAAAAAAA'

/** Whoever asks for anything but the metadata's only partition is told of none. */
export function describeQuorum(request: DescribeQuorumRequest, context: Context): DescribeQuorumResponse {
  checkClusterOperation(context, 'describe')
  const asked = asksForMetadata(request)
  return {
    errorCode: codes.NONE,
    errorMessage: '',
    topics: request.topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) => (asked ? quorum(context) : notHosted(partitionIndex))),
    })),
    nodes: asked ? [controllerNode(context)] : [],
  }
}

function asksForMetadata({ topics }: DescribeQuorumRequest): boolean {
  if (topics.length !== 1 || topics[0]!.topicName !== metadataTopic) return false
  const { partitions } = topics[0]!
  return partitions.length === 1 && partitions[0]!.partitionIndex === 0
}

function quorum({ broker }: Context): PartitionResult {
  const { controllerId, revision } = broker.cluster.image
  const now = broker.clock.now()
  return {
    partitionIndex: 0,
    errorCode: codes.NONE,
    errorMessage: '',
    leaderId: controllerId,
    leaderEpoch: onlyEpoch,
    highWatermark: revision,
    currentVoters: [
      {
        replicaId: controllerId,
        replicaDirectoryId: noDirectory,
        logEndOffset: revision,
        lastFetchTimestamp: now,
        lastCaughtUpTimestamp: now,
      },
    ],
    observers: [],
  }
}

function notHosted(partitionIndex: number): PartitionResult {
  return {
    partitionIndex,
    errorCode: codes.UNKNOWN_TOPIC_OR_PARTITION,
    errorMessage: `only partition 0 of ${metadataTopic} has a quorum, and is asked for by itself`,
    leaderId: 0,
    leaderEpoch: 0,
    highWatermark: 0,
    currentVoters: [],
    observers: [],
  }
}

/** What a controller does is asked of the broker here, on the listener by which the client came. */
function controllerNode(context: Context): NonNullable<DescribeQuorumResponse['nodes']>[number] {
  const { broker, connection } = context
  const nodeId = broker.cluster.image.controllerId
  const { host, port } = endpointOf(nodeId, context) ?? broker.endpointFor(connection)
  return { nodeId, listeners: [{ name: connection.listener, host, port }] }
}

/** The code, and no topics. */
export function refuseDescribeQuorum(
  _request: DescribeQuorumRequest,
  { errorCode, errorMessage }: Refusal,
): DescribeQuorumResponse {
  return { errorCode, errorMessage, topics: [], nodes: [] }
}
