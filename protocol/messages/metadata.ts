import { api, array, bool, int16, int32, type RequestOf, type ResponseOf, string, struct, uuid } from '../schema.ts'

/** PURPOSE. v1 rack, controllerId, isInternal · v2 clusterId · v3 throttleTimeMs · v4 allowAutoTopicCreation · v8 includeClusterAuthorizedOperations, includeTopicAuthorizedOperations, topicAuthorizedOperations, clusterAuthorizedOperations · v9 flexible · v10 topicId · v11 without includeClusterAuthorizedOperations, without clusterAuthorizedOperations · v13 errorCode */
export const Metadata = api({
  key: 3,
  name: 'Metadata',
  versions: [0, 13],
  flexible: 9,
  request: {
    topics: array(
      struct({
        topicId: uuid.since(10),
        name: string.nullable(10),
      }),
    ).nullable(1),
    allowAutoTopicCreation: bool.default(true).since(4),
    includeClusterAuthorizedOperations: bool.since(8).until(10),
    includeTopicAuthorizedOperations: bool.since(8),
  },
  response: {
    throttleTimeMs: int32.since(3),
    brokers: array(
      struct({
        nodeId: int32,
        host: string,
        port: int32,
        rack: string.nullable().default(null).since(1),
      }),
    ),
    clusterId: string.nullable().default(null).since(2),
    controllerId: int32.default(-1).since(1),
    topics: array(
      struct({
        errorCode: int16,
        name: string.nullable(12),
        topicId: uuid.since(10),
        isInternal: bool.default(false).since(1),
        partitions: array(
          struct({
            errorCode: int16,
            partitionIndex: int32,
            leaderId: int32,
            leaderEpoch: int32.default(-1).since(7),
            replicaNodes: array(int32),
            isrNodes: array(int32),
            offlineReplicas: array(int32).since(5),
          }),
        ),
        topicAuthorizedOperations: int32.default(-2147483648).since(8),
      }),
    ),
    clusterAuthorizedOperations: int32.default(-2147483648).since(8).until(10),
    errorCode: int16.since(13),
  },
})

export interface MetadataRequest extends RequestOf<typeof Metadata> {}
export interface MetadataResponse extends ResponseOf<typeof Metadata> {}
