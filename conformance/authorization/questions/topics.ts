/** What clients ask of topics, their records and their producers. */
import { AlterPartitionReassignments } from '../../../protocol/messages/alter-partition-reassignments.ts'
import { CreatePartitions } from '../../../protocol/messages/create-partitions.ts'
import { CreateTopics } from '../../../protocol/messages/create-topics.ts'
import { DeleteRecords } from '../../../protocol/messages/delete-records.ts'
import { DeleteTopics } from '../../../protocol/messages/delete-topics.ts'
import { DescribeProducers } from '../../../protocol/messages/describe-producers.ts'
import { DescribeTopicPartitions } from '../../../protocol/messages/describe-topic-partitions.ts'
import { ElectLeaders } from '../../../protocol/messages/elect-leaders.ts'
import { Fetch } from '../../../protocol/messages/fetch.ts'
import { ListOffsets } from '../../../protocol/messages/list-offsets.ts'
import { ListPartitionReassignments } from '../../../protocol/messages/list-partition-reassignments.ts'
import { Metadata } from '../../../protocol/messages/metadata.ts'
import { OffsetForLeaderEpoch } from '../../../protocol/messages/offset-for-leader-epoch.ts'
import { Produce } from '../../../protocol/messages/produce.ts'
import { buildBatch } from '../../../protocol/records/batch.ts'
import { batchOf, recordTimestamp } from '../../cases/case.ts'
import { ask, idOf, names, type Question, type World } from './question.ts'

const timeoutMs = 10_000
const allBits = { includeClusterAuthorizedOperations: true, includeTopicAuthorizedOperations: true }
const doomed = ['mine-doomed', 'other-doomed'] as const
function produced(transactionalId: string | null, records: Buffer) {
  return (world: World, version: number) => ({
    ...{ transactionalId, acks: -1, timeoutMs },
    topicData: names.map(name => ({
      ...(version >= 13 ? { topicId: idOf(world, name) } : { name }),
      partitionData: [{ index: 0, records }],
    })),
  })
}

function withProducer(isTransactional: boolean): Buffer {
  return buildBatch({
    ...{ compression: 'none', producerId: 1_234, producerEpoch: 0, baseSequence: 0, isTransactional },
    records: [{ timestamp: recordTimestamp, key: null, value: Buffer.from('value') }],
  })
}

function fetched(replicaId: number) {
  return (world: World, version: number) => ({
    ...(version >= 15 ? { replicaState: { replicaId, replicaEpoch: -1 } } : { replicaId }),
    ...{ maxWaitMs: 0, minBytes: 0, maxBytes: 1_000_000 },
    topics: names.map(name => ({
      ...(version >= 13 ? { topicId: idOf(world, name) } : { topic: name }),
      partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }],
    })),
  })
}

/** Before anything is changed: what is listed of all. */
export const listedTopics: readonly Question[] = [
  ...ask(Metadata, [1, 9, 13], 'all', (_, version) => ({
    topics: null,
    ...(version >= 8 && version <= 10 ? allBits : { includeTopicAuthorizedOperations: version >= 8 }),
  })),
  ...ask(Metadata, [4, 9, 13], 'by name', (_, version) => ({
    topics: names.map(name => ({ name })),
    allowAutoTopicCreation: false,
    includeTopicAuthorizedOperations: version >= 8,
  })),
  ...ask(Metadata, [12, 13], 'by id', world => ({
    topics: names.map(name => ({ name: null, topicId: idOf(world, name) })),
    allowAutoTopicCreation: false,
    includeTopicAuthorizedOperations: true,
  })),
  ...ask(DescribeTopicPartitions, [0], 'all', { topics: [] }),
  ...ask(DescribeTopicPartitions, [0], 'by name', { topics: names.map(name => ({ name })) }),
]

export const topicQuestions: readonly Question[] = [
  // Who may make topics hears that there can be none of this name.
  ...ask(Metadata, [9, 13], 'made on the way', { topics: ['mine!', 'other!', 'mine'].map(name => ({ name })) }),
  ...ask(ListOffsets, [2, 11], '', {
    replicaId: -1,
    topics: names.map(name => ({ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] })),
    timeoutMs,
  }),
  ...ask(OffsetForLeaderEpoch, [3, 4], '', {
    topics: names.map(topic => ({ topic, partitions: [{ partition: 0, leaderEpoch: 0 }] })),
  }),
  ...ask(Fetch, [4, 12, 13, 18], '', fetched(-1)),
  ...ask(Fetch, [12, 14, 18], 'of a replica', fetched(5)),
  ...ask(Produce, [7, 12, 13], '', produced(null, batchOf(['value']))),
  ...ask(Produce, [12, 13], 'idempotent', produced(null, withProducer(false))),
  ...ask(Produce, [12, 13], 'transactional', produced('mine', withProducer(true)), { changes: 'producers' }),
  ...ask(Produce, [12], 'transactional, by an id of others', produced('other', withProducer(true)), {
    changes: 'producers',
  }),
  ...ask(Produce, [12], 'transactional without an id', produced(null, withProducer(true))),
  ...ask(DeleteRecords, [2], '', {
    topics: names.map(name => ({ name, partitions: [{ partitionIndex: 0, offset: 0 }] })),
    timeoutMs,
  }),
  ...ask(DescribeProducers, [0], '', { topics: names.map(name => ({ name, partitionIndexes: [0] })) }),
  ...ask(CreatePartitions, [3], '', {
    topics: names.map(name => ({ name, count: 2, assignments: null })),
    ...{ timeoutMs, validateOnly: true },
  }),
  ...ask(CreateTopics, [4, 7], 'validated only', {
    topics: names.map(name => ({ name, numPartitions: 1, replicationFactor: 1 })),
    ...{ timeoutMs, validateOnly: true },
  }),
  ...ask(ElectLeaders, [2], 'some', {
    electionType: 0,
    topicPartitions: names.map(topic => ({ topic, partitions: [0] })),
    timeoutMs,
  }),
  ...ask(ElectLeaders, [2], 'all', { electionType: 0, topicPartitions: null, timeoutMs }),
  ...ask(AlterPartitionReassignments, [0, 1], '', {
    timeoutMs,
    topics: names.map(name => ({ name, partitions: [{ partitionIndex: 0, replicas: null }] })),
  }),
  ...ask(ListPartitionReassignments, [0], 'some', {
    timeoutMs,
    topics: names.map(name => ({ name, partitionIndexes: [0] })),
  }),
  ...ask(ListPartitionReassignments, [0], 'all', { timeoutMs, topics: null }),
]

/** What deletes topics. */
export const changingTopics: readonly Question[] = [
  ...ask(
    DeleteTopics,
    [5],
    'by name',
    { topicNames: [...doomed, 'mine-none', 'other-none'], timeoutMs },
    { changes: 'topics' },
  ),
  ...ask(
    DeleteTopics,
    [6],
    'by name',
    { topics: [...doomed, 'mine-none', 'other-none'].map(name => ({ name })), timeoutMs },
    { changes: 'topics' },
  ),
  ...ask(
    DeleteTopics,
    [6],
    'by id',
    world => ({
      topics: [...doomed, 'mine-none'].map(name => ({ name: null, topicId: idOf(world, name) })),
      timeoutMs,
    }),
    { changes: 'topics' },
  ),
]
