import {
  api,
  array,
  int8,
  int16,
  int32,
  int64,
  type RequestOf,
  type ResponseOf,
  string,
  struct,
  uuid,
} from '../schema.ts'

/**
 * A leader asks the controller to change the in-sync replicas of its partitions (KIP-497).
 * v1 leader recovery state (KIP-704) · v2 topic ids in place of names ·
 * v3 in-sync replicas with their broker epochs (KIP-903)
 */
export const AlterPartition = api({
  key: 56,
  name: 'AlterPartition',
  versions: [0, 3],
  flexible: 0,
  request: {
    brokerId: int32,
    brokerEpoch: int64.default(-1),
    topics: array(
      struct({
        topicName: string.until(1),
        topicId: uuid.since(2),
        partitions: array(
          struct({
            partitionIndex: int32,
            leaderEpoch: int32,
            newIsr: array(int32).until(2),
            newIsrWithEpochs: array(
              struct({
                brokerId: int32,
                brokerEpoch: int64.default(-1),
              }),
            ).since(3),
            leaderRecoveryState: int8.default(0).since(1),
            partitionEpoch: int32,
          }),
        ),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    topics: array(
      struct({
        topicName: string.until(1),
        topicId: uuid.since(2),
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            leaderId: int32,
            leaderEpoch: int32,
            isr: array(int32),
            leaderRecoveryState: int8.default(0).since(1),
            partitionEpoch: int32,
          }),
        ),
      }),
    ),
  },
})

export interface AlterPartitionRequest extends RequestOf<typeof AlterPartition> {}
export interface AlterPartitionResponse extends ResponseOf<typeof AlterPartition> {}
