/** Requests that hold odd values are answered as Apache Kafka answers them: the recorded answers to `conformance/cases/odd` say how. */
import t from 'tap'
import { alterPartitionReassignments } from '../../lib/handlers/alter-partition-reassignments.ts'
import { alterReplicaLogDirs } from '../../lib/handlers/alter-replica-log-dirs.ts'
import { apiVersions } from '../../lib/handlers/api-versions.ts'
import { createPartitions } from '../../lib/handlers/create-partitions.ts'
import { createTopics } from '../../lib/handlers/create-topics.ts'
import { deleteRecords } from '../../lib/handlers/delete-records.ts'
import { deleteTopics } from '../../lib/handlers/delete-topics.ts'
import { describeLogDirs } from '../../lib/handlers/describe-log-dirs.ts'
import { describeTopicPartitions } from '../../lib/handlers/describe-topic-partitions.ts'
import { listOffsets } from '../../lib/handlers/list-offsets.ts'
import { offsetCommit } from '../../lib/handlers/offset-commit.ts'
import { offsetDelete } from '../../lib/handlers/offset-delete.ts'
import { offsetForLeaderEpoch } from '../../lib/handlers/offset-for-leader-epoch.ts'
import { produce } from '../../lib/handlers/produce.ts'
import { codes } from '../../protocol/errors.ts'
import type { DeleteRecordsResponse } from '../../protocol/messages/delete-records.ts'
import { batchOf, PartitionsFixture, topicImage } from '../partitions/fixture.ts'
import { clusterContext, topic } from './cluster-context.ts'
import { start } from './fetch-requests.ts'
import { groupContext } from './group-context.ts'
import { promised } from './promised.ts'

const noTopicId = 'AAAAAAAAAAAAAAAAAAAAAA'

function filled(): PartitionsFixture {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 2 })] })
  fixture.partition('a').append(batchOf(['x', 'y', 'z']), { origin: 'client', requiredAcks: 1 })
  fixture.turn()
  return fixture
}

t.test('changes of topics whose time is over before they come are not taken up', async t => {
  const { at, cluster } = await clusterContext(t)
  await cluster.createTopics([topic('a', { numPartitions: 1 })])
  const late = { code: codes.REQUEST_TIMED_OUT }
  for (const timeoutMs of [0, -1, -(2 ** 31)]) {
    const topics = [topic('b')]
    await t.rejects(createTopics({ topics, timeoutMs, validateOnly: false }, at(7)), late)
    const grown = [{ name: 'a', count: 2, assignments: null }]
    await t.rejects(createPartitions({ topics: grown, timeoutMs, validateOnly: false }, at(3)), late)
    const gone = { topics: [{ name: 'a', topicId: noTopicId }], topicNames: [], timeoutMs }
    await t.rejects(deleteTopics(gone, at(6)), late)
    const moved = [{ name: 'a', partitions: [{ partitionIndex: 0, replicas: [1] }] }]
    const reassigned = { topics: moved, timeoutMs, allowReplicationFactorChange: true }
    await t.rejects(alterPartitionReassignments(reassigned, at(1)), late)
  }
  t.same([...cluster.image.topics.keys()], ['a'])
  t.equal(cluster.image.topics.get('a')!.partitions.length, 1)
  t.same((await createTopics({ topics: [], timeoutMs: 0, validateOnly: false }, at(7))).topics, [])
})

t.test('a client tells cluster and node together, or neither', async t => {
  const { at } = await clusterContext(t)
  const code = (clusterId: string | null, nodeId: number) =>
    apiVersions({ clientSoftwareName: 'a', clientSoftwareVersion: '1', clusterId, nodeId }, at(5)).errorCode
  t.equal(code(null, -1), codes.NONE)
  t.equal(code('cluster-a', -1), codes.INVALID_REQUEST)
  t.equal(code('another', -1), codes.INVALID_REQUEST)
  t.equal(code(null, 1), codes.INVALID_REQUEST)
  t.equal(code(null, -2), codes.INVALID_REQUEST)
})

t.test('a cursor stands at one of the topics that are asked for', async t => {
  const { at, cluster } = await clusterContext(t)
  await cluster.createTopics([topic('a'), topic('c')])
  const ask = (topics: string[], topicName: string) => {
    const cursor = { topicName, partitionIndex: 0 }
    const request = { topics: topics.map(name => ({ name })), responsePartitionLimit: 9, cursor }
    return describeTopicPartitions(request, at(0)).topics.map(({ name, errorCode }) => [name, errorCode])
  }
  t.same(ask(['a', 'c'], 'c'), [['c', codes.NONE]])
  const refusal = { code: codes.INVALID_REQUEST }
  t.throws(() => ask(['c', 'a'], 'b'), refusal)
  t.throws(() => ask(['a'], ''), refusal)
  t.throws(() => ask(['a'], 'd'), refusal)
  t.same(ask([], 'b'), [['c', codes.NONE]])
})

t.test('isolation levels are 0 and 1', t => {
  const fixture = filled()
  const refusal = { code: codes.UNKNOWN_SERVER_ERROR }
  for (const isolationLevel of [-128, -1, 2, 99, 127]) {
    t.throws(() => start(fixture, { a: [[0, 0]] }, { isolation: isolationLevel }), refusal)
    const topics = [
      { name: 'a', partitions: [{ partitionIndex: 0, timestamp: -1, currentLeaderEpoch: -1, maxNumOffsets: 1 }] },
    ]
    t.throws(() => listOffsets({ replicaId: -1, isolationLevel, topics, timeoutMs: 0 }, fixture.context(10)), refusal)
  }
  t.end()
})

t.test('nothing is read where less than nothing is asked for', async t => {
  const fixture = filled()
  const read = async (maxBytes: number, partitionMaxBytes: number, offset = 0) => {
    const { errorCode, responses } = await start(fixture, { a: [[0, offset, partitionMaxBytes]] }, { maxBytes })
    const [partition] = responses[0]!.partitions
    return [errorCode, partition!.errorCode, partition!.highWatermark]
  }
  t.same(await read(1000, 1000), [0, codes.NONE, 3])
  t.same(await read(0, 0), [0, codes.NONE, 3])
  t.same(await read(-1, 1000), [0, codes.UNKNOWN_SERVER_ERROR, -1])
  t.same(await read(1000, -1), [0, codes.UNKNOWN_SERVER_ERROR, -1])
  t.same(await read(-1, -1, 3), [0, codes.NONE, 3], 'at the end there is nothing to read')
})

t.test('topics of which no partition is named are left out of the answer', async t => {
  const fixture = filled()
  const none = { name: 'a', topicId: noTopicId, partitions: [] }
  t.same(
    listOffsets({ replicaId: -1, isolationLevel: 0, topics: [none], timeoutMs: 0 }, fixture.context(10)).topics,
    [],
  )
  t.same((deleteRecords({ topics: [none], timeoutMs: 0 }, fixture.context(2)) as DeleteRecordsResponse).topics, [])
  const topicData = [{ name: 'a', topicId: noTopicId, partitionData: [] }]
  const produced = produce({ transactionalId: null, acks: -1, timeoutMs: 0, topicData }, fixture.context(12))
  t.same((await promised(produced))!.responses, [])
  t.same(alterReplicaLogDirs({ dirs: [{ path: '/d', topics: [none] }] }, fixture.context(2)).results, [])
  const { at } = await groupContext(t)
  const member = {
    groupId: 'g',
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    retentionTimeMs: -1,
  }
  t.same((await promised(offsetCommit({ ...member, topics: [none] }, at(9))))!.topics, [])
  t.same((await promised(offsetDelete({ groupId: 'g', topics: [none] }, at(0))))!.topics, [])
})

t.test('a topic that is named twice is answered once', t => {
  const fixture = filled()
  const wish = (partitionIndex: number) => ({ partitionIndex, timestamp: -1, currentLeaderEpoch: -1, maxNumOffsets: 1 })
  const list = (...indexes: number[]) => {
    const topics = indexes.map(index => ({ name: 'a', partitions: [wish(index)] }))
    const answer = listOffsets({ replicaId: -1, isolationLevel: 0, topics, timeoutMs: 0 }, fixture.context(10))
    return answer.topics.map(({ partitions }) =>
      partitions.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode]),
    )
  }
  t.same(list(0, 1), [
    [
      [0, codes.NONE],
      [1, codes.NONE],
    ],
  ])
  t.same(list(0, 0), [[[0, codes.INVALID_REQUEST]]])
  const topics = [1, 2].map(offset => ({ name: 'a', partitions: [{ partitionIndex: 0, offset }] }))
  t.match((deleteRecords({ topics, timeoutMs: 0 }, fixture.context(2)) as DeleteRecordsResponse).topics, [
    { name: 'a', partitions: [{ partitionIndex: 0, lowWatermark: 2, errorCode: codes.NONE }] },
  ])
  const twice = [0, 0].map(index => ({ topic: 'a', partitions: [index] }))
  const { results } = describeLogDirs({ topics: twice }, fixture.context(4))
  t.same(
    results.flatMap(({ topics }) => topics.flatMap(({ partitions }) => partitions.map(p => p.partitionIndex))),
    [0],
  )
  t.end()
})

t.test('records whose length is less than a header are corrupt, whatever their format', async t => {
  const fixture = filled()
  const code = async (records: Buffer) => {
    const topicData = [{ name: 'a', topicId: noTopicId, partitionData: [{ index: 0, records }] }]
    const answer = produce({ transactionalId: null, acks: -1, timeoutMs: 0, topicData }, fixture.context(12))
    return (await promised(answer))!.responses[0]!.partitionResponses[0]!.errorCode
  }
  t.equal(await code(Buffer.alloc(61)), codes.CORRUPT_MESSAGE)
  const old = Buffer.alloc(61)
  old.writeInt32BE(49, 8)
  t.equal(await code(old), codes.INVALID_RECORD, 'a message of format 0 is no batch')
})

t.test('before the first epoch there are no records, as far back as one asks', t => {
  const fixture = filled()
  const end = (leaderEpoch: number) => {
    const topics = [{ topic: 'a', partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch }] }]
    const [found] = offsetForLeaderEpoch({ replicaId: -1, topics }, fixture.context(4)).topics[0]!.partitions
    return [found!.leaderEpoch, found!.endOffset]
  }
  t.same(end(-1), [-1, -1], 'no epoch')
  t.same(end(-2), [-2, 0])
  t.same(end(-(2 ** 31)), [-(2 ** 31), 0])
  t.end()
})

t.test('a topic whose name leaves no room for that of a copy is not moved', t => {
  const names = ['x'.repeat(213), 'x'.repeat(214)]
  const fixture = new PartitionsFixture({ topics: names.map(name => topicImage(name, { partitions: 1 })) })
  const path = fixture.partitions.logDirectories.pathOf(fixture.partition(names[0]!))!
  const move = (name: string) =>
    alterReplicaLogDirs({ dirs: [{ path, topics: [{ name, partitions: [0] }] }] }, fixture.context(2)).results[0]!
      .partitions[0]!
  t.equal(move(names[0]!).errorCode, codes.NONE)
  t.equal(move(names[1]!).errorCode, codes.INVALID_TOPIC_EXCEPTION)
  t.end()
})
