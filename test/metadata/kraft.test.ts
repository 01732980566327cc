/** Kafka's metadata log made by hand: what is read from it, what is refused, and what the store gets. */
import t from 'tap'
import { silentLogger } from '../../lib/base/logger.ts'
import { seededRandom } from '../../lib/base/random.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import { Cluster } from '../../lib/metadata/cluster.ts'
import { EmbeddedStore } from '../../lib/metadata/embedded.ts'
import { memoryJournal } from '../../lib/metadata/journal.ts'
import { takeOver } from '../../lib/metadata/kraft/import.ts'
import { KraftLogError, readKraftLog } from '../../lib/metadata/kraft/log.ts'
import { kraftDirectoryName } from '../../lib/metadata/kraft/name.ts'
import { KraftState } from '../../lib/metadata/kraft/state.ts'
import { encode } from '../../protocol/codec.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import type { EncodableOf } from '../../protocol/schema.ts'
import {
  type MetadataRecord,
  type MetadataRecordKind,
  metadataRecords,
  readMetadataRecord,
} from '../../protocol/stored/cluster-metadata/index.ts'
import { type Files, memoryFiles } from '../../storage/files.ts'

type Records = typeof metadataRecords

const types: Record<MetadataRecordKind, number> = {
  registerBroker: 0,
  unregisterBroker: 1,
  topic: 2,
  partition: 3,
  config: 4,
  partitionChange: 5,
  removeTopic: 9,
  delegationToken: 10,
  userScramCredential: 11,
  featureLevel: 12,
  clientQuota: 14,
  producerIds: 15,
  accessControlEntry: 18,
  removeAccessControlEntry: 19,
  removeUserScramCredential: 22,
  beginTransaction: 23,
  endTransaction: 24,
  abortTransaction: 25,
  removeDelegationToken: 26,
}

/** A record's value at its newest version. */
function record<K extends MetadataRecordKind>(kind: K, value: EncodableOf<Records[K]>): Buffer {
  const message = metadataRecords[kind]
  const version = message.versions[1]
  return Buffer.concat([Buffer.of(1, types[kind], version), encode(message, version, value as never)])
}

const topicId = 'EJZMdyXMTV-zLjcipcNW2w'
const directory = `/data/${kraftDirectoryName}`

const topic = (name: string, id = topicId) => record('topic', { name, topicId: id })

function partition(partitionId: number, replicas: number[], leader = replicas[0]!, id = topicId): Buffer {
  const where = { replicas, isr: replicas, removingReplicas: [], addingReplicas: [], directories: [] }
  return record('partition', { ...where, partitionId, topicId: id, leader, leaderEpoch: 4, partitionEpoch: 7 })
}

function setting(resourceType: number, resourceName: string, name: string, value: string | null): Buffer {
  return record('config', { resourceType, resourceName, name, value })
}

const broker = (brokerId: number) =>
  record('registerBroker', {
    brokerId,
    isMigratingZkBroker: false,
    incarnationId: topicId,
    brokerEpoch: 1,
    endPoints: [],
    features: [],
    rack: null,
    inControlledShutdown: false,
  })

function batch(baseOffset: number, ...values: Buffer[]): Buffer {
  return buildBatch({ baseOffset, records: values.map(value => ({ timestamp: 0, key: null, value })) })
}

const segment = (base: number) => `${directory}/${String(base).padStart(20, '0')}.log`
const snapshot = (end: number, epoch = 1) =>
  `${directory}/${String(end).padStart(20, '0')}-${String(epoch).padStart(10, '0')}.checkpoint`

function filesWith(contents: Readonly<Record<string, Buffer>>): Files {
  const files = memoryFiles()
  files.mkdir(directory)
  for (const [path, content] of Object.entries(contents)) files.write(path, content)
  return files
}

function topicsIn(contents: Readonly<Record<string, Buffer>>): string[] {
  const names: string[] = []
  readKraftLog(filesWith(contents), directory, read => {
    if (read.kind === 'topic') names.push(read.value.name)
  })
  return names
}

function stateOf(...values: Buffer[]): KraftState {
  const state = new KraftState()
  for (const value of values) state.replay(readMetadataRecord(value) as MetadataRecord)
  return state
}

/** The store and the line after a directory with these records was taken over by broker 1. */
async function takenOver(...values: Buffer[]) {
  const store = new EmbeddedStore(memoryJournal())
  const lines: string[] = []
  const logger = { ...silentLogger, warn: (line: string) => lines.push(line) }
  const batches: Buffer[] = []
  for (let at = 0; at < values.length; at += 100) batches.push(batch(at, ...values.slice(at, at + 100)))
  const options = {
    store,
    files: filesWith({ [segment(0)]: Buffer.concat(batches) }),
    clusterId: 'c',
    nodeId: 1,
    logger,
  }
  const again = () => takeOver({ ...options, dataDirectory: '/data' } as Parameters<typeof takeOver>[0])
  await again()
  const { entries } = await store.list('')
  return { values: Object.fromEntries(entries.map(({ key, value }) => [key, JSON.parse(value)])), lines, again, store }
}

t.test('the newest snapshot is read, and of the log what follows it', async t => {
  const contents = {
    [snapshot(2)]: batch(0, topic('older')),
    [snapshot(5)]: batch(0, topic('a')),
    [`${snapshot(9)}.part`]: batch(0, topic('unfinished')),
    [segment(0)]: batch(0, topic('x'), topic('x'), topic('x')),
    [segment(3)]: Buffer.concat([batch(3, topic('x'), topic('x'), topic('b')), batch(6, topic('c'))]),
    [segment(7)]: batch(7, topic('d')),
  }
  t.same(topicsIn(contents), ['a', 'b', 'c', 'd'])
  t.same(topicsIn({ [segment(0)]: batch(0, topic('a')) }), ['a'], 'there need not be a snapshot')
  t.same(topicsIn({ [snapshot(5)]: batch(0, topic('a')) }), ['a'], 'or a log')
})

t.test(
  'what a crash tore off the end was never written; what is missing or damaged before it stops the reading',
  async t => {
    const torn = batch(1, topic('torn')).subarray(0, 70)
    t.same(topicsIn({ [segment(0)]: Buffer.concat([batch(0, topic('a')), torn]) }), ['a'])
    const refused = (contents: Record<string, Buffer>, message: RegExp) =>
      t.throws(() => topicsIn(contents), { message })
    const damaged = Buffer.from(batch(0, topic('a')))
    damaged[damaged.length - 1]! ^= 1
    refused({ [segment(0)]: damaged, [segment(1)]: batch(1, topic('b')) }, /is damaged at offset 0/)
    refused({ [snapshot(1)]: damaged }, /is damaged at byte 0/)
    refused({ [snapshot(1)]: batch(0, topic('a')).subarray(0, 70) }, /is damaged/)
    refused({ [segment(4)]: batch(4, topic('a')) }, /lacks the records from 0 to 3/)
    refused(
      { [segment(0)]: Buffer.concat([batch(0, topic('a')), batch(2, topic('b'))]) },
      /lacks the records from 1 on/,
    )
  },
)

t.test('what this broker does not know is refused, as nobody can say what it changes', async t => {
  const refused = (value: Buffer, message: RegExp) => {
    const work = () => topicsIn({ [segment(0)]: batch(0, value) })
    t.throws(work, KraftLogError)
    t.throws(work, { message })
  }
  refused(Buffer.of(1, 99, 0, 0), /at offset 0 .*type 99/)
  refused(Buffer.of(1, 2, 9, 0), /TopicRecord of version 9/)
  refused(Buffer.of(2, 2, 0, 0), /frame version 2/)
  refused(topic('a').subarray(0, 6), /at offset 0/)
  t.equal(readMetadataRecord(Buffer.of(1, 20, 0, 0)), null, 'a no-op says nothing')
})

t.test('records of a transaction count when it ends', async t => {
  const names = (...values: Buffer[]) => [...stateOf(...values).topics.values()].map(({ name }) => name)
  const other = 'iNB_KxA2TsWDLcCnLplLhg'
  const [begin, end, abort] = [
    record('beginTransaction', {}),
    record('endTransaction', {}),
    record('abortTransaction', {}),
  ]
  t.same(names(begin, topic('a'), end, topic('b', other)), ['a', 'b'])
  t.same(names(begin, topic('a'), abort, topic('b', other)), ['b'])
  t.same(names(topic('b', other), begin, topic('a')), ['b'])
})

t.test('what was taken away is not there', async t => {
  const state = stateOf(
    topic('gone'),
    partition(0, [1]),
    setting(2, 'gone', 'retention.ms', '1'),
    record('removeTopic', { topicId }),
    setting(4, '', 'log.retention.ms', '1'),
    setting(4, '', 'log.retention.ms', null),
    broker(1),
    broker(2),
    record('unregisterBroker', { brokerId: 2, brokerEpoch: 1 }),
    record('accessControlEntry', {
      id: topicId,
      resourceType: 2,
      resourceName: 'a',
      patternType: 3,
      principal: 'User:a',
      host: '*',
      operation: 2,
      permissionType: 3,
    }),
    record('removeAccessControlEntry', { id: topicId }),
    record('userScramCredential', {
      name: 'a',
      mechanism: 1,
      salt: Buffer.of(),
      storedKey: Buffer.of(),
      serverKey: Buffer.of(),
      iterations: 1,
    }),
    record('removeUserScramCredential', { name: 'a', mechanism: 1 }),
    record('delegationToken', {
      owner: 'User:a',
      requester: 'User:a',
      renewers: [],
      issueTimestamp: 0,
      maxTimestamp: 0,
      expirationTimestamp: 0,
      tokenId: 't',
    }),
    record('removeDelegationToken', { tokenId: 't' }),
    record('clientQuota', { entity: [{ entityType: 'user', entityName: null }], key: 'k', value: 1, remove: false }),
    record('clientQuota', { entity: [{ entityType: 'user', entityName: null }], key: 'k', value: 0, remove: true }),
  )
  t.equal(state.topics.size, 0)
  t.same([...state.brokers], [1])
  t.same(
    [...state.configs.values()].map(({ size }) => size),
    [0, 0],
  )
  const { accessControlEntries, scramCredentials, delegationTokens, quotas } = state
  t.same(
    [accessControlEntries, scramCredentials, delegationTokens, quotas].map(({ size }) => size),
    [0, 0, 0, 0],
  )
})

t.test('quotas come along by their entity, as they were set last', async t => {
  const of = (entityName: string | null, key: string, value: number) =>
    record('clientQuota', { entity: [{ entityType: 'user', entityName }], key, value, remove: false })
  const state = stateOf(
    of('a', 'producer_byte_rate', 1),
    of('a', 'consumer_byte_rate', 2),
    of('a', 'producer_byte_rate', 3),
    of(null, 'request_percentage', 0.5),
  )
  t.same(
    [...state.quotas].map(([entity, values]) => [entity, Object.fromEntries(values)]),
    [
      ['[["user","a"]]', { producer_byte_rate: 3, consumer_byte_rate: 2 }],
      ['[["user",null]]', { request_percentage: 0.5 }],
    ],
  )
})

t.test('access rules and credentials of users come along, but for those of a newer Kafka', async t => {
  const rule = {
    resourceType: 2,
    resourceName: 'a',
    patternType: 4,
    principal: 'User:alice',
    host: '10.0.0.0/8',
    operation: 2,
    permissionType: 2,
  }
  const credential = { salt: Buffer.of(1), storedKey: Buffer.of(2), serverKey: Buffer.of(3), iterations: 4096 }
  const { values, lines } = await takenOver(
    record('accessControlEntry', { id: topicId, ...rule }),
    record('accessControlEntry', { id: 'BAAAAAAAAAAAAAAAAAAAAA', ...rule, operation: 99 }),
    record('userScramCredential', { name: 'alice', mechanism: 2, ...credential }),
    record('userScramCredential', { name: 'alice', mechanism: 9, ...credential }),
    // More than is read at once: the memory of the first piece serves the next.
    ...Array.from({ length: 9_000 }, (_, index) =>
      record('removeUserScramCredential', { name: `${index}`.padEnd(60, 'x'), mechanism: 2 }),
    ),
  )
  const rules = Object.keys(values).filter(key => key.startsWith('acls/'))
  t.same(rules, ['acls/["topic","prefixed","a","User:alice","10.0.0.0/8","all","deny"]'])
  t.same(values['scram/2/alice'], { iterations: 4096, salt: 'AQ==', storedKey: 'Ag==', serverKey: 'Aw==' })
  t.match(
    lines[0],
    /1 access rule, 1 SCRAM credential, producer ids from 0 on; left out: an access rule of User:alice about a, /,
  )
})

t.test('delegation tokens come along as they were last renewed, but for those that were ended', async t => {
  const token = { owner: 'User:alice', requester: 'User:admin', renewers: ['User:bob'], issueTimestamp: 1 }
  const { values, lines } = await takenOver(
    record('delegationToken', { ...token, tokenId: 'kept', maxTimestamp: 9, expirationTimestamp: 5 }),
    record('delegationToken', { ...token, tokenId: 'kept', maxTimestamp: 9, expirationTimestamp: 7 }),
    record('delegationToken', { ...token, tokenId: 'ended', maxTimestamp: 9, expirationTimestamp: 5 }),
    record('removeDelegationToken', { tokenId: 'ended' }),
  )
  t.same(values['tokens/kept'], { ...token, maxTimestamp: 9, expiryTimestamp: 7 })
  t.notOk('tokens/ended' in values)
  t.match(lines[0], /1 delegation token, producer ids from 0 on$/)
})

t.test('partitions with a replica here are led here, in a new epoch; others wait for their brokers', async t => {
  const { values, lines, store } = await takenOver(
    topic('a'),
    partition(0, [1, 2, 3], 2),
    partition(1, [2, 3]),
    record('partitionChange', { partitionId: 0, topicId, leader: -1, isr: [] }),
    record('partitionChange', { partitionId: 0, topicId, isr: [1] }),
    record('partitionChange', { partitionId: 1, topicId, replicas: [3] }),
  )
  t.same(values['topics/a'], { topicId, replicas: [[1], [3]] })
  const here = { leader: 1, isr: [1], offlineReplicas: [] }
  t.same(values[`partitions/${topicId}/0`], { ...here, leaderEpoch: 5, partitionEpoch: 10 })
  const away = { leader: -1, isr: [], offlineReplicas: [3] }
  t.same(values[`partitions/${topicId}/1`], { ...away, leaderEpoch: 5, partitionEpoch: 9 })
  t.match(lines[0], /1 topic with 2 partitions.*without a leader, as other brokers hold them: 1 partition$/)
  const cluster = await Cluster.open({
    store,
    config: BrokerConfig.parse({}),
    nodeId: 1,
    rack: null,
    clusterId: 'c',
    random: seededRandom(1),
    logger: silentLogger,
  })
  t.match(cluster.image.topics.get('a')!.partitions, [
    { leader: 1, leaderEpoch: 7 },
    { leader: -1, leaderEpoch: 5 },
  ])
  await cluster.close()
})

t.test('settings are taken over as far as this broker knows them, and it listens where it was told to', async t => {
  const { values, lines, again } = await takenOver(
    topic('a'),
    partition(0, [1]),
    setting(2, 'a', 'retention.ms', '5000'),
    setting(2, 'a', 'segment.bytes', '7'),
    setting(2, 'a', 'message.format.version', '2.8'),
    setting(4, '', 'log.retention.ms', '1000'),
    setting(4, '1', 'listeners', 'PLAINTEXT://:1'),
    setting(16, 'm', 'interval.ms', '1000'),
    setting(32, 'g', 'consumer.session.timeout.ms', '50000'),
    record('producerIds', { brokerId: 1, brokerEpoch: 1, nextProducerId: 3000 }),
  )
  t.same(values['configs/topic/a'], { 'retention.ms': '5000' })
  t.same(values['configs/broker/'], { 'log.retention.ms': '1000' })
  t.notOk('configs/broker/1' in values)
  t.same(values['configs/client-metrics/m'], { 'interval.ms': '1000' })
  t.same(values['configs/group/g'], { 'consumer.session.timeout.ms': '50000' })
  t.same(values['producer-ids'], { next: 3000 })
  t.match(
    lines[0],
    /left out: segment.bytes=7 of topic a, message.format.version=2.8 of topic a, listeners of broker 1$/,
  )
  await again()
  t.equal(lines.length, 1, 'a store that knows a cluster takes over no other')
})

t.test('a topic with a partition missing is refused', async t => {
  await t.rejects(takenOver(topic('a'), partition(1, [1])), { message: /topic a has no partition 0/ })
})
