/** DescribeCluster: the brokers and the controller. */
import { codes } from '../../protocol/errors.ts'
import type { DescribeClusterRequest, DescribeClusterResponse } from '../../protocol/messages/describe-cluster.ts'
import { clusterOperations, operationsNotAsked } from './authorized-operations.ts'
import type { Context } from './context.ts'
import { allNodes, controllerFor } from './endpoints.ts'
import type { Refusal } from './refusals.ts'

/** Whose addresses are asked for. */
const endpointTypes = { brokers: 1, controllers: 2 }

/** MISMATCHED_ENDPOINT_TYPE where controllers are asked for: they have no addresses of their own here. */
export function describeCluster(request: DescribeClusterRequest, context: Context): DescribeClusterResponse {
  const { broker } = context
  const { endpointType } = request
  if (endpointType === endpointTypes.controllers) {
    return refused(
      codes.MISMATCHED_ENDPOINT_TYPE,
      'this is the address of a broker; controllers have none of their own here: ask for brokers',
    )
  }
  if (endpointType !== endpointTypes.brokers) {
    return refused(codes.UNSUPPORTED_ENDPOINT_TYPE, `there are no endpoints of type ${endpointType}`)
  }
  const { image } = broker.cluster
  return {
    throttleTimeMs: 0,
    errorCode: codes.NONE,
    endpointType,
    clusterId: image.clusterId,
    controllerId: controllerFor(context),
    brokers: allNodes(context, request.includeFencedBrokers).map(({ nodeId, ...node }) => ({
      brokerId: nodeId,
      ...node,
    })),
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? clusterOperations(context)
      : operationsNotAsked,
  }
}

function refused(errorCode: number, errorMessage: string | null): DescribeClusterResponse {
  return { throttleTimeMs: 0, errorCode, errorMessage, clusterId: '', brokers: [] }
}

/** The code, and no brokers. */
export function refuseDescribeCluster(
  _request: DescribeClusterRequest,
  { errorCode, errorMessage }: Refusal,
): DescribeClusterResponse {
  return refused(errorCode, errorMessage)
}
