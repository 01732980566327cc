import { api, array, bool, int8, int16, int32, type RequestOf, type ResponseOf, string, struct } from '../schema.ts'

/**
 * Says what the cluster is called, which brokers it has and which of them is the controller (KIP-700).
 * v1 asks for brokers or controllers (KIP-919) · v2 fenced brokers too (KIP-1073)
 */
export const DescribeCluster = api({
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 2],
  flexible: 0,
  request: {
    includeClusterAuthorizedOperations: bool,
    endpointType: int8.default(1).since(1),
    includeFencedBrokers: bool.since(2),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    endpointType: int8.default(1).since(1),
    clusterId: string,
    controllerId: int32.default(-1),
    brokers: array(
      struct({
        brokerId: int32,
        host: string,
        port: int32,
        rack: string.nullable().default(null),
        isFenced: bool.since(2),
      }),
    ),
    clusterAuthorizedOperations: int32.default(-2147483648),
  },
})

export interface DescribeClusterRequest extends RequestOf<typeof DescribeCluster> {}
export interface DescribeClusterResponse extends ResponseOf<typeof DescribeCluster> {}
