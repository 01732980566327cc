/** What a reader learns of records that it has read and that a crash took: leader epochs, from the broker's start to its answers. */
import { cpSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { batchOf } from '../conformance/cases/case.ts'
import { type Loose, wholeRequest } from '../conformance/session.ts'
import { Broker } from '../lib/broker.ts'
import { Client } from '../lib/client/client.ts'
import { codes } from '../protocol/errors.ts'
import { CreateTopics } from '../protocol/messages/create-topics.ts'
import { DescribeTopicPartitions } from '../protocol/messages/describe-topic-partitions.ts'
import { Fetch } from '../protocol/messages/fetch.ts'
import { ListOffsets } from '../protocol/messages/list-offsets.ts'
import { Metadata } from '../protocol/messages/metadata.ts'
import { OffsetForLeaderEpoch } from '../protocol/messages/offset-for-leader-epoch.ts'
import { Produce } from '../protocol/messages/produce.ts'
import { batches } from '../protocol/records/batch.ts'
import { baseOffset, partitionLeaderEpoch } from '../protocol/records/header.ts'
import type { Api, ClientRequestOf, ClientResponseOf } from '../protocol/schema.ts'

/** A broker that is up, and requests to its topic `a`, which has one partition. */
class Life {
  readonly #broker: Broker
  readonly #client: Client
  readonly #host: string
  readonly #port: number
  topicId = ''

  private constructor(broker: Broker, client: Client, host: string, port: number) {
    this.#broker = broker
    this.#client = client
    this.#host = host
    this.#port = port
  }

  static async begin(t: Test, data: string): Promise<Life> {
    const broker = await Broker.start({ port: 0, data, logLevel: 'silent' })
    t.teardown(() => broker.stop())
    const [host, port] = broker.bootstrap.split(':') as [string, string]
    const client = await Client.connect({ host, port: Number(port) })
    t.teardown(() => client.close())
    return new Life(broker, client, host, Number(port))
  }

  get endpoint(): object {
    return { nodeId: 1, host: this.#host, port: this.#port, rack: null }
  }

  stop(): Promise<void> {
    return this.#broker.stop()
  }

  #send<A extends Api>(api: A, version: number, request: Loose<ClientRequestOf<A>>): Promise<ClientResponseOf<A>> {
    return this.#client.send(api, version, wholeRequest(api, request))
  }

  async create(name: string): Promise<void> {
    const { topics } = await this.#send(CreateTopics, 7, { topics: [{ name, numPartitions: 1, replicationFactor: 1 }] })
    if (topics[0]!.errorCode !== codes.NONE) throw new Error(topics[0]!.errorMessage ?? '')
  }

  /** Produces records, each in a batch of its own; gives their offsets. */
  async produce(...values: string[]): Promise<number[]> {
    const offsets: number[] = []
    for (const value of values) {
      const partitionData = [{ index: 0, records: batchOf([value]) }]
      const request = { acks: -1, timeoutMs: 5_000, topicData: [{ name: 'a', partitionData }] }
      const { responses } = await this.#send(Produce, 9, request)
      offsets.push(responses[0]!.partitionResponses[0]!.baseOffset)
    }
    return offsets
  }

  /** The epoch, as both answers tell it. */
  async epoch(name = 'a'): Promise<number> {
    const [topic] = (await this.#send(Metadata, 12, { topics: [{ name }] })).topics
    this.topicId = topic!.topicId
    const described = (await this.#send(DescribeTopicPartitions, 0, { topics: [{ name }] })).topics[0]!
    const { leaderEpoch } = topic!.partitions[0]!
    if (described.partitions[0]!.leaderEpoch !== leaderEpoch) throw new Error('two answers tell two epochs')
    return leaderEpoch
  }

  async endOf(leaderEpoch: number, currentLeaderEpoch = -1): Promise<[error: number, epoch: number, end: number]> {
    const partitions = [{ partition: 0, leaderEpoch, currentLeaderEpoch }]
    const { topics } = await this.#send(OffsetForLeaderEpoch, 4, { topics: [{ topic: 'a', partitions }] })
    const [answer] = topics[0]!.partitions
    return [answer!.errorCode, answer!.leaderEpoch, answer!.endOffset]
  }

  async list(timestamp: number, currentLeaderEpoch = -1): Promise<[error: number, offset: number, epoch: number]> {
    const partitions = [{ partitionIndex: 0, timestamp, currentLeaderEpoch }]
    const { topics } = await this.#send(ListOffsets, 9, { replicaId: -1, topics: [{ name: 'a', partitions }] })
    const [answer] = topics[0]!.partitions
    return [answer!.errorCode, answer!.offset, answer!.leaderEpoch]
  }

  async fetch(fetchOffset: number, currentLeaderEpoch = -1, lastFetchedEpoch = -1) {
    const partitions = [{ partition: 0, fetchOffset, currentLeaderEpoch, lastFetchedEpoch, partitionMaxBytes: 1 << 20 }]
    const request = { maxWaitMs: 0, minBytes: 0, topics: [{ topicId: this.topicId, partitions }] }
    const { responses, nodeEndpoints } = await this.#send(Fetch, 17, request)
    const { errorCode, divergingEpoch, currentLeader, records } = responses[0]!.partitions[0]!
    const read = records ?? Buffer.alloc(0)
    return {
      errorCode,
      diverging: [divergingEpoch.epoch, divergingEpoch.endOffset],
      leader: [currentLeader.leaderId, currentLeader.leaderEpoch],
      nodeEndpoints,
      /** Offset and epoch of each batch. */
      batches: [...batches(read)].map(at => [baseOffset(read, at), partitionLeaderEpoch(read, at)]),
    }
  }
}

/** The data directory as kill -9 would leave it now, and, where bytes are to be cut, the machine of topic a's last batch. */
function killed(data: string, bytesCut = 0): string {
  const copy = `${data}-copy`
  cpSync(data, copy, { recursive: true })
  const log = join(copy, 'a-0', `${'0'.repeat(20)}.log`)
  if (bytesCut > 0) truncateSync(log, statSync(log).size - bytesCut)
  return copy
}

const checkpointOf = (data: string) => readFileSync(join(data, 'a-0', 'leader-epoch-checkpoint'), 'utf8')

t.test('a consumer hears that records it has read are gone, though others have their offsets', async t => {
  const data = join(t.testdir(), 'data')
  const first = await Life.begin(t, data)
  await first.create('a')
  await first.produce(...'0123456789')
  t.equal(await first.epoch(), 0)
  t.equal((await first.fetch(0)).batches.length, 10, 'the consumer is at offset 10 now, after a record of epoch 0')

  const second = await Life.begin(t, killed(data, 3))
  t.same(await second.produce('x', 'y', 'z'), [9, 10, 11])
  const epoch = await second.epoch()
  t.ok(epoch > 0)
  const fenced = await second.fetch(10, 0)
  t.match(fenced, { errorCode: codes.FENCED_LEADER_EPOCH, leader: [1, epoch], batches: [] })
  t.same(fenced.nodeEndpoints, [second.endpoint], 'it may go on without asking for metadata')
  t.same(await second.endOf(0, epoch), [codes.NONE, 0, 9], 'what it has read ends before its position')
  t.match(await second.fetch(10, epoch, 0), { errorCode: codes.NONE, diverging: [0, 9], batches: [] })
  t.match(await second.fetch(9, epoch, 0), {
    errorCode: codes.NONE,
    diverging: [-1, -1],
    batches: [9, 10, 11].map(offset => [offset, epoch]),
  })
  t.equal((await second.fetch(0, epoch + 1)).errorCode, codes.UNKNOWN_LEADER_EPOCH)
  await second.stop()
  await first.stop()
})

t.test('every start begins new epochs, and those without records end where their successors begin', async t => {
  let data = join(t.testdir(), 'data')
  const epochs: number[] = []
  let life = await Life.begin(t, data)
  await life.create('a')
  await life.produce('0', '1')
  epochs.push(await life.epoch())
  // Clean ends and kills, with and without records in between.
  for (const [end, values] of [
    ['stop', []],
    ['kill', ['2']],
    ['kill', []],
    ['stop', ['3', '4']],
  ] as const) {
    const before = life
    if (end === 'kill') data = killed(data)
    else await life.stop()
    life = await Life.begin(t, data)
    if (end === 'kill') await before.stop()
    epochs.push(await life.epoch())
    await life.produce(...values)
  }
  t.same(epochs, [0, 2, 4, 6, 8])
  t.equal(checkpointOf(data), '0\n3\n0 0\n4 2\n8 3\n', 'the log knows the epochs that have records')
  t.same(await Promise.all([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(epoch => life.endOf(epoch))), [
    [0, 0, 2],
    [0, 0, 2],
    [0, 0, 2],
    [0, 0, 2],
    [0, 4, 3],
    [0, 4, 3],
    [0, 4, 3],
    [0, 4, 3],
    [0, 8, 5],
    [0, -1, -1],
  ])
  t.same(await life.list(-2), [0, 0, 0], 'the earliest offset with its epoch')
  t.same(await life.list(-1), [0, 5, 8], 'the latest offset with the current one')
  t.same(await life.list(-1, 6), [codes.FENCED_LEADER_EPOCH, -1, -1])
  t.same(await life.list(-1, 9), [codes.UNKNOWN_LEADER_EPOCH, -1, -1])
  t.same(await life.endOf(0, 6), [codes.FENCED_LEADER_EPOCH, -1, -1])
  t.match((await life.fetch(0, 8, 8)).batches, [
    [0, 0],
    [1, 0],
    [2, 4],
    [3, 8],
    [4, 8],
  ])
  t.same((await life.fetch(3, 8, 5)).diverging, [4, 3], 'an epoch that has no records diverges')
  t.equal((await life.fetch(0, 8, 9)).errorCode, codes.OFFSET_OUT_OF_RANGE)
  await life.create('b')
  t.equal(await life.epoch('b'), 0, 'a new topic begins at 0')
  await life.stop()
})

t.test('a log that is only looked at after a start is not written to', async t => {
  const data = join(t.testdir(), 'data')
  const first = await Life.begin(t, data)
  await first.create('a')
  await first.produce('0')
  await first.stop()
  const before = checkpointOf(data)
  const second = await Life.begin(t, data)
  t.same(await second.list(-1), [codes.NONE, 1, 2])
  t.same(await second.endOf(0), [codes.NONE, 0, 1])
  t.equal(checkpointOf(data), before)
  await second.stop()
  t.equal(checkpointOf(data), before)
})
