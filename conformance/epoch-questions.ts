/** What a client may ask of leader epochs: of those that were, of the present one, of the next, and of what an old reader has. */
import { AddPartitionsToTxn } from '../protocol/messages/add-partitions-to-txn.ts'
import { DescribeProducers } from '../protocol/messages/describe-producers.ts'
import { DescribeTopicPartitions } from '../protocol/messages/describe-topic-partitions.ts'
import { EndTxn } from '../protocol/messages/end-txn.ts'
import { Fetch } from '../protocol/messages/fetch.ts'
import { InitProducerId } from '../protocol/messages/init-producer-id.ts'
import { ListOffsets } from '../protocol/messages/list-offsets.ts'
import { Metadata } from '../protocol/messages/metadata.ts'
import { OffsetForLeaderEpoch } from '../protocol/messages/offset-for-leader-epoch.ts'
import { Produce } from '../protocol/messages/produce.ts'
import { buildBatch } from '../protocol/records/batch.ts'
import type { Api } from '../protocol/schema.ts'
import { recordTimestamp } from './cases/case.ts'
import { coordinators, notYet } from './cases/transactions/producer.ts'
import { until } from './scenario.ts'
import type { Session } from './session.ts'

/** First versions with leader epochs. */
const since = { Metadata: 7, ListOffsets: 4, Fetch: 9, lastFetchedEpoch: 12, topicIds: 13, OffsetForLeaderEpoch: 2 }
const specials = { latest: -1, earliest: -2, 'greatest timestamp': -3 }

/** Asks all of one partition: at every version that knows of epochs, or only at the newest. */
export async function askOfEpochs(session: Session, name: string, partition = 0, everyVersion = false): Promise<void> {
  await session.led(name, partition + 1)
  const { topics } = await session.prepare(Metadata, 12, { topics: [{ name }] })
  const { topicId, partitions } = topics[0]!
  const { leaderEpoch } = partitions.find(({ partitionIndex }) => partitionIndex === partition)!
  const where = { session, name, topicId, partition, title: `${name}-${partition}` }
  const versions = (api: Api, first: number) =>
    everyVersion ? session.versions(api).filter(version => version >= first) : [session.latest(api)]
  for (const version of versions(Metadata, since.Metadata)) {
    await session.send(Metadata, version, { topics: [{ name }] }, name)
  }
  await session.send(DescribeTopicPartitions, 0, { topics: [{ name }] }, name)
  for (const version of versions(OffsetForLeaderEpoch, since.OffsetForLeaderEpoch)) {
    await endsOfEpochs(where, version, leaderEpoch)
  }
  for (const version of versions(ListOffsets, since.ListOffsets)) await offsets(where, version, leaderEpoch)
  for (const version of versions(Fetch, since.Fetch)) await reads(where, version, leaderEpoch)
}

interface Place {
  readonly session: Session
  readonly name: string
  readonly topicId: string
  readonly partition: number
  /** As it stands before the label of each answer. */
  readonly title: string
}

function inEpoch(currentLeaderEpoch: number): string {
  return currentLeaderEpoch < 0 ? '' : ` in ${currentLeaderEpoch}`
}

/** Epochs from the first to the one after the present one. */
function epochsUpTo(leaderEpoch: number): number[] {
  return Array.from({ length: leaderEpoch + 2 }, (_, epoch) => epoch)
}

/** What a client may take for the present epoch: an old one, the one between, the right one, and the next. */
function ideasOf(leaderEpoch: number): number[] {
  return [leaderEpoch - 2, leaderEpoch - 1, leaderEpoch, leaderEpoch + 1].filter(epoch => epoch >= 0)
}

async function endsOfEpochs({ session, name, partition, title }: Place, version: number, leaderEpoch: number) {
  const ask = (epoch: number, currentLeaderEpoch: number) => {
    const partitions = [{ partition, leaderEpoch: epoch, currentLeaderEpoch }]
    const label = `${title} end of ${epoch}${inEpoch(currentLeaderEpoch)}`
    return session.send(OffsetForLeaderEpoch, version, { topics: [{ topic: name, partitions }] }, label)
  }
  for (const epoch of [-1, ...epochsUpTo(leaderEpoch)]) await ask(epoch, -1)
  for (const idea of ideasOf(leaderEpoch)) await ask(0, idea)
}

async function offsets({ session, name, partition, title }: Place, version: number, leaderEpoch: number) {
  const ask = (timestamp: number, currentLeaderEpoch: number, what: string) => {
    const partitions = [{ partitionIndex: partition, timestamp, currentLeaderEpoch }]
    const label = `${title} ${what}${inEpoch(currentLeaderEpoch)}`
    return session.send(ListOffsets, version, { replicaId: -1, topics: [{ name, partitions }] }, label)
  }
  for (const [what, timestamp] of Object.entries(specials)) await ask(timestamp, -1, what)
  await ask(0, -1, 'from the year 1970 on')
  for (const idea of ideasOf(leaderEpoch)) await ask(specials.latest, idea, 'latest')
}

async function reads({ session, name, topicId, partition, title }: Place, version: number, leaderEpoch: number) {
  const ask = (fetchOffset: number, currentLeaderEpoch: number, lastFetchedEpoch: number) => {
    const wish = { partition, fetchOffset, currentLeaderEpoch, lastFetchedEpoch, partitionMaxBytes: 1 << 20 }
    const topic = version >= since.topicIds ? { topicId } : { topic: name }
    const request = { maxWaitMs: 0, minBytes: 0, topics: [{ ...topic, partitions: [wish] }] }
    const after = lastFetchedEpoch < 0 ? '' : `, after ${lastFetchedEpoch}`
    const label = `${title} from ${fetchOffset}${after}${inEpoch(currentLeaderEpoch)}`
    return session.send(Fetch, version, request, label)
  }
  for (const idea of ideasOf(leaderEpoch)) await ask(0, idea, -1)
  if (version < since.lastFetchedEpoch) return
  for (const epoch of new Set([0, ...ideasOf(leaderEpoch)])) {
    for (const offset of [0, 3, 10]) await ask(offset, leaderEpoch, epoch)
  }
}

/** Commits a transaction on a partition, which then tells the epoch of its coordinator. */
export async function askOfCoordinatorEpoch(session: Session, name: string): Promise<void> {
  const transactionalId = 'epochs'
  await session.led(name)
  await coordinators(session, [transactionalId])
  const { producerId, producerEpoch } = await until('a producer id', async () => {
    const request = { transactionalId, transactionTimeoutMs: 60_000 }
    const answer = await session.prepare(InitProducerId, 4, request)
    return notYet.includes(answer.errorCode) ? undefined : answer
  })
  const taken = await session.prepare(AddPartitionsToTxn, 3, {
    v3AndBelowTransactionalId: transactionalId,
    v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: producerEpoch,
    v3AndBelowTopics: [{ name, partitions: [0] }],
  })
  session.note('AddPartitionsToTxn', 3, name, { taken: taken.resultsByTopicV3AndBelow[0]!.resultsByPartition })
  const value = { timestamp: recordTimestamp, key: null, value: Buffer.from('paid') }
  const records = buildBatch({ records: [value], producerId, producerEpoch, baseSequence: 0, isTransactional: true })
  const topicData = [{ name, partitionData: [{ index: 0, records }] }]
  const written = await session.prepare(Produce, 9, { transactionalId, acks: -1, timeoutMs: 10_000, topicData })
  const { errorCode } = written.responses[0]!.partitionResponses[0]!
  session.note('Produce', 9, name, { errorCode })
  await session.send(EndTxn, 3, { transactionalId, producerId, producerEpoch, committed: true }, name)
  const topics = [{ name, partitionIndexes: [0] }]
  await until('the marker', async () => {
    const described = await session.prepare(DescribeProducers, 0, { topics })
    const [producer] = described.topics[0]!.partitions[0]!.activeProducers
    return producer !== undefined && producer.currentTxnStartOffset < 0 ? true : undefined
  })
  await session.send(DescribeProducers, 0, { topics }, name)
}
