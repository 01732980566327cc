import { api, array, bool, int16, int32, type RequestOf, type ResponseOf, string, struct, uuid } from '../schema.ts'

/**
 * Says which brokers there are and who leads which partition; creates topics on first use where that is allowed.
 * v0 an empty list asks for all topics · v1 null does, an empty list for none; racks, controller, internal topics ·
 * v2 cluster id · v3 throttle time · v4 creation on use can be refused · v5 offline replicas (KIP-112) ·
 * v6 the client waits out its own throttle (KIP-219) · v7 leader epochs (KIP-320) ·
 * v8 authorized operations (KIP-430) · v9 flexible · v10 topic ids (KIP-516) ·
 * v11 without those of the cluster (KIP-700) · v12 topics asked for by id ·
 * v13 one error for all, REBOOTSTRAP_REQUIRED (KIP-1102)
 */
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
