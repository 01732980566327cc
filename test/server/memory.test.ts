/** The memory that requests lie in is used again while others are on their way: what comes in must be what is read back. */
import t from 'tap'
import { seededRandom } from '../../lib/base/random.ts'
import { Broker } from '../../lib/broker.ts'
import { Client } from '../../lib/client/client.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { batches, buildBatch, readRecords } from '../../protocol/records/batch.ts'
import { crc32c } from '../../protocol/records/crc32c.ts'
import { checkCrc, lastOffset } from '../../protocol/records/header.ts'

const noTopicId = 'A'.repeat(22)
const topic = 'many'
const connectionCount = 24
const batchesPerConnection = 60

function produceOf(records: Buffer, acks: number) {
  const partitionData = [{ index: 0, records }]
  return {
    transactionalId: null,
    acks,
    timeoutMs: 30_000,
    topicData: [{ name: topic, topicId: noTopicId, partitionData }],
  }
}

function fetchOf(fetchOffset: number) {
  const partition = {
    partition: 0,
    currentLeaderEpoch: -1,
    fetchOffset,
    lastFetchedEpoch: -1,
    logStartOffset: -1,
    partitionMaxBytes: 1_000_000,
    replicaDirectoryId: noTopicId,
    highWatermark: -1,
  }
  return {
    clusterId: null,
    replicaId: -1,
    replicaState: { replicaId: -1, replicaEpoch: -1 },
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1_000_000,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [{ topic, topicId: noTopicId, partitions: [partition] }],
    forgottenTopicsData: [],
    rackId: '',
  }
}

const metadataOf = {
  topics: [{ name: topic, topicId: noTopicId }],
  allowAutoTopicCreation: true,
  includeClusterAuthorizedOperations: false,
  includeTopicAuthorizedOperations: false,
}

for (const ephemeral of [true, false]) {
  const where = ephemeral ? 'in memory' : 'on a disk'
  t.test(`what many connections send at once, with any acks, is what is read back (${where})`, async t => {
    // Records of the year 1970 are past their time when a broker first looks, half a minute from its start.
    const properties = { 'log.retention.ms': '-1' }
    const broker = await Broker.start({
      port: 0,
      data: t.testdir(),
      ephemeral,
      dev: true,
      properties,
      logLevel: 'error',
    })
    const [host, port] = broker.bootstrap.split(':') as [string, string]
    const connect = () => Client.connect({ host, port: Number(port), clientId: 'many' })
    const reader = await connect()
    await reader.send(Metadata, 8, metadataOf)

    /** Sums of what was sent, by what it is called. */
    const sums = new Map<string, number>()
    const errors = new Set<number>()
    async function run(connection: number): Promise<void> {
      const random = seededRandom(100 + connection)
      const client = await connect()
      const answers: Promise<unknown>[] = []
      for (let batch = 0; batch < batchesPerConnection; batch++) {
        const bytes = random.int(4) === 0 ? random.int(600) : random.int(4) === 0 ? 300_000 : random.int(60_000)
        const value = random.bytes(bytes)
        const key = `${connection}/${batch}`
        sums.set(key, crc32c(value))
        const records = buildBatch({ records: [{ timestamp: 0, key: Buffer.from(key), value }] })
        const acks = [0, 1, -1][random.int(3)]!
        if (acks === 0) client.sendUnanswered(Produce, 9, produceOf(records, 0))
        else {
          const answer = client.send(Produce, 9, produceOf(records, acks))
          answers.push(answer.then(({ responses }) => errors.add(responses[0]!.partitionResponses[0]!.errorCode)))
        }
        if (random.int(5) === 0) await answers.pop()
        // Others, which may keep what they are sent, use the same memory.
        if (random.int(10) === 0) answers.push(client.send(Metadata, 8, metadataOf))
      }
      await Promise.all(answers)
      await client.send(Metadata, 8, metadataOf)
      await client.close()
    }
    await Promise.all(Array.from({ length: connectionCount }, (_, connection) => run(connection)))
    t.same([...errors], [0], 'all are taken')

    let wrong = 0
    for (let offset = 0; offset < connectionCount * batchesPerConnection; ) {
      const { responses } = await reader.send(Fetch, 11, fetchOf(offset))
      const { records, errorCode, highWatermark } = responses[0]!.partitions[0]!
      t.equal(errorCode, 0)
      if (records === null || !t.ok(records.length > 0, `there is something at ${offset} of ${highWatermark}`)) break
      for (const at of batches(records)) {
        const [record] = readRecords(records, at)
        const key = record!.key!.toString()
        if (!checkCrc(records, at) || sums.get(key) !== crc32c(record!.value!)) wrong++
        sums.delete(key)
        offset = lastOffset(records, at) + 1
      }
    }
    t.equal(wrong, 0, 'all have the bytes that were sent')
    t.equal(sums.size, 0, 'none is missing')
    await reader.close()
    await broker.stop()
  })
}
