/** Odd values in the requests about records and their offsets. */
import { codes } from '../../../protocol/errors.ts'
import { DeleteRecords } from '../../../protocol/messages/delete-records.ts'
import { DescribeProducers } from '../../../protocol/messages/describe-producers.ts'
import { Fetch } from '../../../protocol/messages/fetch.ts'
import { InitProducerId } from '../../../protocol/messages/init-producer-id.ts'
import { ListOffsets } from '../../../protocol/messages/list-offsets.ts'
import { OffsetForLeaderEpoch } from '../../../protocol/messages/offset-for-leader-epoch.ts'
import { Produce } from '../../../protocol/messages/produce.ts'
import { until } from '../../scenario.ts'
import type { Session } from '../../session.ts'
import { batchOf, type Case, type Difference, saysMore } from '../case.ts'
import { oddCase } from './odd.ts'

interface Topic {
  readonly name: string
  readonly topicId: string
}

/** A topic with three records in its first partition. */
async function filled(session: Session, name: string, partitions = 1): Promise<Topic> {
  const topicId = await session.topic(name, partitions)
  await session.prepare(Produce, 9, {
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name, partitionData: [{ index: 0, records: batchOf(['a', 'b', 'c']) }] }],
  })
  return { name, topicId }
}

/** A broker that has just started may not have its block of producer ids yet. */
export async function producerIds(session: Session): Promise<void> {
  await until('producer ids', async () => {
    const request = { transactionalId: null, transactionTimeoutMs: 1000 }
    return (await session.prepare(InitProducerId, 4, request)).errorCode === 0 ? true : undefined
  })
}

const unanswered: readonly Difference[] = [
  {
    answer: '* topicData[0].partitionData[0].records = null',
    path: '',
    ours: {
      responses: [
        {
          topicId: '<topicId 1>',
          partitionResponses: {
            0: {
              index: 0,
              errorCode: codes.INVALID_RECORD,
              baseOffset: -1,
              logAppendTimeMs: -1,
              logStartOffset: -1,
              recordErrors: [],
              errorMessage: '<errorMessage>',
            },
          },
        },
      ],
      throttleTimeMs: 0,
    },
    reason: '**Produce** without records is refused; Kafka leaves null without an answer',
  },
]

const bothReason =
  '**Produce**: a partition that is named twice is written twice and answered twice; Kafka writes the last and answers once'

const both: readonly Difference[] = [
  { answer: '* topicData = twice', path: 'responses.length', ours: 2, reason: bothReason },
  {
    answer: '* topicData[0].partitionData = twice',
    path: 'responses[0].partitionResponses',
    ours: [0, 1].map(baseOffset => ({
      index: 0,
      errorCode: codes.NONE,
      baseOffset,
      logAppendTimeMs: -1,
      logStartOffset: 0,
      recordErrors: [],
      errorMessage: null,
    })),
    reason: bothReason,
  },
]

const farIds =
  '**Fetch**: any id of a session that is closed is ignored; Kafka fails at those of the greatest and the least number'

const farSessions: readonly Difference[] = ['-2147483648', '2147483647'].flatMap(id => [
  { answer: `* sessionId = ${id}`, path: 'errorCode', ours: codes.NONE, reason: farIds },
  { answer: `* sessionId = ${id}`, path: 'sessionId', ours: 0, reason: farIds },
  { answer: `* sessionId = ${id}`, path: 'responses.length', ours: 1, reason: farIds },
])

export const oddRecordCases: readonly Case[] = [
  oddCase({
    api: Produce,
    good: async ({ session, own }) => {
      const name = own('produced')
      const topicId = await session.topic(name)
      const partitionData = [{ index: 0, records: batchOf(['a']) }]
      return { transactionalId: null, acks: -1, timeoutMs: 5_000, topicData: [{ name, topicId, partitionData }] }
    },
    // Which is not answered.
    without: (path, word) => path === 'acks' && word === '0',
    differs: [...unanswered, ...both, saysMore('Produce v*')],
  }),
  oddCase({
    api: Fetch,
    make: session => filled(session, session.name('fetched'), 2),
    good: ({ made: { name, topicId } }) => {
      const one = { partition: 0, currentLeaderEpoch: -1, fetchOffset: 0, lastFetchedEpoch: -1, logStartOffset: -1 }
      return {
        replicaId: -1,
        replicaState: { replicaId: -1, replicaEpoch: -1 },
        maxBytes: 1 << 20,
        sessionEpoch: -1,
        topics: [{ topic: name, topicId, partitions: [{ ...one, partitionMaxBytes: 1 << 20 }] }],
        forgottenTopicsData: [{ topic: name, topicId, partitions: [1] }],
      }
    },
    differs: farSessions,
  }),
  oddCase({
    api: ListOffsets,
    make: session => filled(session, session.name('listed')),
    good: ({ made: { name } }) => {
      const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1, maxNumOffsets: 1 }]
      return { replicaId: -1, topics: [{ name, partitions }], timeoutMs: 5_000 }
    },
  }),
  oddCase({
    api: OffsetForLeaderEpoch,
    make: session => filled(session, session.name('epochs')),
    good: ({ made: { name } }) => ({
      replicaId: -1,
      topics: [{ topic: name, partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 }] }],
    }),
  }),
  oddCase({
    api: DeleteRecords,
    good: async ({ session, own }) => {
      const { name } = await filled(session, own('shortened'))
      return { topics: [{ name, partitions: [{ partitionIndex: 0, offset: 1 }] }], timeoutMs: 5_000 }
    },
  }),
  oddCase({
    api: DescribeProducers,
    make: session => filled(session, session.name('produced')),
    good: ({ made: { name } }) => ({ topics: [{ name, partitionIndexes: [0] }] }),
    differs: [saysMore('* topics[0].partitionIndexes[0] = *')],
  }),
  oddCase({
    api: InitProducerId,
    make: producerIds,
    good: () => ({ transactionalId: null, transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 }),
    // What is of a transaction is another case.
    without: (path, word) => path === 'transactionalId' && word !== 'empty',
  }),
]
