import {
  api,
  array,
  int8,
  int16,
  int32,
  int64,
  type RequestOf,
  type ResponseOf,
  records,
  string,
  struct,
  uuid,
} from '../schema.ts'

/**
 * Reads record batches from partitions, waiting for enough bytes or for the time to pass; followers replicate by it
 * too.
 * v1 throttle time · v2 message format 1 · v3 bytes limited in all (KIP-74) ·
 * v4 isolation level, aborted transactions (KIP-98) · v5 log start offset (KIP-107) ·
 * v6 may answer KAFKA_STORAGE_ERROR (KIP-112) · v7 sessions (KIP-227) ·
 * v8 the client waits out its own throttle (KIP-219) · v9 leader epochs (KIP-320) · v10 zstd (KIP-110) ·
 * v11 rack, read from a follower (KIP-392) · v12 flexible, diverging epochs (KIP-595) ·
 * v13 topic ids in place of names (KIP-516) · v14 tiered storage (KIP-405) · v15 replica epoch (KIP-903) ·
 * v16 new leaders with their addresses (KIP-951) · v17 directory of the replica (KIP-853) ·
 * v18 high watermark of the replica
 */
export const Fetch = api({
  key: 1,
  name: 'Fetch',
  versions: [0, 18],
  flexible: 12,
  request: {
    clusterId: string.nullable().default(null).since(12).tagged(0),
    replicaId: int32.default(-1).until(14),
    replicaState: struct({
      replicaId: int32.default(-1),
      replicaEpoch: int64.default(-1),
    })
      .since(15)
      .tagged(1),
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: int32.default(0x7fffffff).since(3),
    isolationLevel: int8.default(0).since(4),
    sessionId: int32.default(0).since(7),
    sessionEpoch: int32.default(-1).since(7),
    topics: array(
      struct({
        topic: string.until(12),
        topicId: uuid.since(13),
        partitions: array(
          struct({
            partition: int32,
            currentLeaderEpoch: int32.default(-1).since(9),
            fetchOffset: int64,
            lastFetchedEpoch: int32.default(-1).since(12),
            logStartOffset: int64.default(-1).since(5),
            partitionMaxBytes: int32,
            replicaDirectoryId: uuid.since(17).tagged(0),
            highWatermark: int64
              .default(2 ** 63)
              .since(18)
              .tagged(1),
          }),
        ),
      }),
    ),
    forgottenTopicsData: array(
      struct({
        topic: string.until(12),
        topicId: uuid.since(13),
        partitions: array(int32),
      }),
    ).since(7),
    rackId: string.default('').since(11),
  },
  response: {
    throttleTimeMs: int32.since(1),
    errorCode: int16.since(7),
    sessionId: int32.default(0).since(7),
    responses: array(
      struct({
        topic: string.until(12),
        topicId: uuid.since(13),
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            highWatermark: int64,
            lastStableOffset: int64.default(-1).since(4),
            logStartOffset: int64.default(-1).since(5),
            divergingEpoch: struct({
              epoch: int32.default(-1),
              endOffset: int64.default(-1),
            })
              .since(12)
              .tagged(0),
            currentLeader: struct({
              leaderId: int32.default(-1),
              leaderEpoch: int32.default(-1),
            })
              .since(12)
              .tagged(1),
            snapshotId: struct({
              endOffset: int64.default(-1),
              epoch: int32.default(-1),
            })
              .since(12)
              .tagged(2),
            abortedTransactions: array(
              struct({
                producerId: int64,
                firstOffset: int64,
              }),
            )
              .nullable()
              .since(4),
            preferredReadReplica: int32.default(-1).since(11),
            records: records.nullable(),
          }),
        ),
      }),
    ),
    nodeEndpoints: array(
      struct({
        nodeId: int32,
        host: string,
        port: int32,
        rack: string.nullable().default(null),
      }),
    )
      .since(16)
      .tagged(0),
  },
})

export interface FetchRequest extends RequestOf<typeof Fetch> {}
export interface FetchResponse extends ResponseOf<typeof Fetch> {}
