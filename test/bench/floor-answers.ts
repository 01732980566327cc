/** What the floor says to the requests by which the generator prepares a run: that all is well, and there is nothing yet. */
import { decode } from '../../protocol/codec.ts'
import { apiByKey, encodeResponseFrame } from '../../protocol/frame.ts'
import { CreateTopics } from '../../protocol/messages/create-topics.ts'
import { DeleteTopics } from '../../protocol/messages/delete-topics.ts'
import { InitProducerId } from '../../protocol/messages/init-producer-id.ts'
import { ListOffsets } from '../../protocol/messages/list-offsets.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import type { Api, ResponseOf } from '../../protocol/schema.ts'

/** Not sent at the versions that the generator uses. */
const noTopicId = 'A'.repeat(22)
const noSettings = { topicConfigErrorCode: 0, configs: null }
const noTransaction = { ongoingTxnProducerId: -1, ongoingTxnProducerEpoch: -1 }

/** Partitions by topic. */
const topics = new Map<string, number>()

function framed<A extends Api>(api: A, version: number, correlationId: number, response: ResponseOf<A>): Buffer {
  return Buffer.concat(encodeResponseFrame(api, version, correlationId, response))
}

/** The answer's frame. Throws for what the generator does not ask. */
export function answerOf(apiKey: number, version: number, correlationId: number, body: Buffer): Buffer {
  switch (apiKey) {
    case CreateTopics.key: {
      const request = decode(CreateTopics.request, version, body)
      for (const { name, numPartitions } of request.topics) topics.set(name, numPartitions)
      const answers = request.topics.map(({ name }) => ({
        name,
        topicId: noTopicId,
        errorCode: 0,
        errorMessage: null,
        ...noSettings,
      }))
      return framed(CreateTopics, version, correlationId, { throttleTimeMs: 0, topics: answers })
    }
    case DeleteTopics.key:
      return framed(DeleteTopics, version, correlationId, { throttleTimeMs: 0, responses: [] })
    case InitProducerId.key: {
      const answer = { throttleTimeMs: 0, errorCode: 0, producerId: 1, producerEpoch: 0, ...noTransaction }
      return framed(InitProducerId, version, correlationId, answer)
    }
    case Metadata.key: {
      const request = decode(Metadata.request, version, body)
      const answers = (request.topics ?? []).map(({ name }) => ({
        errorCode: 0,
        name,
        topicId: noTopicId,
        topicAuthorizedOperations: 0,
        partitions: partitionsOf(name),
      }))
      return framed(Metadata, version, correlationId, { throttleTimeMs: 0, errorCode: 0, brokers: [], topics: answers })
    }
    case ListOffsets.key: {
      const request = decode(ListOffsets.request, version, body)
      const answers = request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: 0,
          oldStyleOffsets: [],
          timestamp: -1,
          offset: 0,
          leaderEpoch: 0,
        })),
      }))
      return framed(ListOffsets, version, correlationId, { throttleTimeMs: 0, topics: answers })
    }
    default:
      throw new Error(`the floor does not know ${apiByKey(apiKey)?.name ?? apiKey}; it is there for the generator only`)
  }
}

function partitionsOf(name: string | null) {
  return Array.from({ length: topics.get(name ?? '') ?? 1 }, (_, partitionIndex) => ({
    errorCode: 0,
    partitionIndex,
    leaderId: 0,
    replicaNodes: [],
    isrNodes: [],
    offlineReplicas: [],
  }))
}
