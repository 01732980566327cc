/** Group records as bytes, against themselves and against what Apache Kafka wrote. */
import t from 'tap'
import type { GroupRecord } from '../../lib/groups/records.ts'
import { decodeRecord, encodeRecord } from '../../lib/groups/stored.ts'
import { subscribedTopics } from '../../lib/groups/subscription.ts'
import { encode } from '../../protocol/codec.ts'
import { ConsumerProtocolSubscription } from '../../protocol/stored/consumer-protocol-subscription.ts'
import { subscription } from './bench.ts'

const topicId = 'vYrQcoeITpSN6tWyXOkHrg'
const offset: GroupRecord = {
  kind: 'offset',
  groupId: 'g',
  topic: 't',
  partition: 3,
  value: {
    offset: 5,
    leaderEpoch: 2,
    metadata: 'meta',
    commitTimestampMs: 1_795_234_542_968,
    expireTimestampMs: -1,
    topicId,
  },
}
const group: GroupRecord = {
  kind: 'group',
  groupId: 'g',
  value: {
    protocolType: 'consumer',
    generation: 7,
    protocolName: 'range',
    leader: 'm',
    stateTimestampMs: 1_795_234_542_968,
    members: [
      {
        memberId: 'm',
        groupInstanceId: 'i',
        clientId: 'c',
        clientHost: '/127.0.0.1',
        rebalanceTimeoutMs: 60_000,
        sessionTimeoutMs: 10_000,
        subscription: Buffer.from('sub'),
        assignment: Buffer.from('part'),
      },
    ],
  },
}

function roundTrip(record: GroupRecord) {
  const { key, value } = encodeRecord(record)
  return decodeRecord(key, value)
}

t.test('records are read back as they were written', async t => {
  t.same(roundTrip(offset), offset)
  t.same(roundTrip(group), group)
  t.same(roundTrip({ ...offset, value: null }), { ...offset, value: null })
  t.same(roundTrip({ ...group, value: null }), { ...group, value: null })
  const empty = {
    protocolType: null,
    generation: 0,
    protocolName: null,
    leader: null,
    stateTimestampMs: 5,
    members: [],
  }
  t.same(roundTrip({ kind: 'group', groupId: '', value: empty }), { kind: 'group', groupId: '', value: empty })
})

t.test('keys and values begin with the types and versions that Apache Kafka 4.4 writes', async t => {
  t.equal(encodeRecord(offset).key.toString('hex'), '0001' + '000167' + '000174' + '00000003')
  t.equal(encodeRecord(offset).value!.readInt16BE(0), 4)
  t.equal(encodeRecord(offset).value!.length, 46)
  t.equal(encodeRecord(group).key.toString('hex'), '0002' + '000167')
  t.equal(encodeRecord(group).value!.readInt16BE(0), 3)
})

/** Keys and values as Apache Kafka 4.3.1 wrote them, in base64. */
const written = {
  offset: ['AAEAB3JlYWRlcnMABXBsYWluAAAAAQ==', 'AAQAAAAAAAAAFv////8KaGFsZiB3YXkAAAABofwHvUEBABAQlkx3JcxNX7MuNyKlw1bb'],
  group: [
    'AAIAAnN0',
    'AAMACGNvbnN1bWVyAAAAAQAFcmFuZ2UAJmEtZDUzMTA4MmYtNGI1NS00OTE1LWI3YTktYzMyNzUwZDgzNzBlAAABofxhabkAAAACACZiLTZiYzQ0YjFk' +
      'LTZlNTktNGNhNy04ODhkLTA5MTM3Y2M4ZTJmMgABYgACY2wACi8xMjcuMC4wLjEAAAu4AAAnEAAAABcAAQAAAAEAB20tcmFuZ2X/////AAAAAAAAAAFm' +
      'ACZhLWQ1MzEwODJmLTRiNTUtNDkxNS1iN2E5LWMzMjc1MGQ4MzcwZQABYQACY2wACi8xMjcuMC4wLjEAAAu4AAAnEAAAABcAAQAAAAEAB20tcmFuZ2X/' +
      '////AAAAAAAAAAFs',
  ],
}

t.test('what Apache Kafka wrote is read, and written again byte for byte', async t => {
  for (const [key, value] of Object.values(written).map(texts => texts.map(text => Buffer.from(text, 'base64')))) {
    const record = decodeRecord(key!, value!)
    t.same(encodeRecord(record!), { key, value })
  }
  const [key, value] = written.group.map(text => Buffer.from(text, 'base64'))
  t.match(decodeRecord(key!, value!), {
    groupId: 'st',
    value: {
      generation: 1,
      members: [{ groupInstanceId: 'b', assignment: Buffer.from('f') }, { groupInstanceId: 'a' }],
    },
  })
})

t.test('records of consumer groups are read back as they were written, and so are their tombstones', async t => {
  const member = { groupId: 'g', memberId: 'm' }
  const records: GroupRecord[] = [
    { kind: 'consumerEpoch', groupId: 'g', value: { epoch: 7, metadataHash: -9_007_199_254_740_993n } },
    {
      ...{ kind: 'consumerMember', ...member },
      value: {
        ...{ instanceId: 'i', rackId: 'r', clientId: 'c', clientHost: '/127.0.0.1', rebalanceTimeoutMs: 5 },
        ...{ topicNames: ['a', 'b'], topicRegex: 'c.*', serverAssignor: 'range' },
        classic: { sessionTimeoutMs: 6, protocols: [{ name: 'p', metadata: Buffer.from('sub') }] },
      },
    },
    { kind: 'consumerTarget', groupId: 'g', value: { epoch: 8, timestampMs: 1_795_234_542_968 } },
    { kind: 'consumerTargetMember', ...member, value: new Map([[topicId, new Set([0, 2])]]) },
    {
      ...{ kind: 'consumerAssignment', ...member },
      value: {
        ...{ epoch: 8, previousEpoch: 7, state: 'unreleased' },
        assigned: new Map([[topicId, new Map([[0, 8]])]]),
        pendingRevocation: new Map([[topicId, new Map([[1, 5]])]]),
      },
    },
    {
      kind: 'consumerRegex',
      groupId: 'g',
      regex: 'c.*',
      value: { topics: new Set(['cc']), version: 3, timestampMs: 4 },
    },
  ]
  for (const record of records) {
    const read = (written: GroupRecord) => {
      const { value, ...rest } = roundTrip(written)!
      const named = Object.fromEntries(Object.entries(value ?? {}))
      return { ...rest, value: value && (value instanceof Map ? value : named) }
    }
    t.match(read(record), record, record.kind)
    t.same(roundTrip({ ...record, value: null }), { ...record, value: null })
  }
})

t.test('an offset with a time of expiry is written in the one version that has it', async t => {
  const expiring: GroupRecord = {
    ...offset,
    value: { ...offset.value!, leaderEpoch: -1, expireTimestampMs: 99, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' },
  }
  t.equal(encodeRecord(expiring).value!.readInt16BE(0), 1)
  t.same(roundTrip(expiring), expiring)
})

t.test('the first form of offset keys is read, and what belongs to other kinds of groups is left alone', async t => {
  const { key, value } = encodeRecord(offset)
  const legacy = Buffer.from(key)
  legacy.writeInt16BE(0, 0)
  t.same(decodeRecord(legacy, value), offset)
  for (const type of [9, 15, 17, 99]) {
    const other = Buffer.from(key)
    other.writeInt16BE(type, 0)
    t.equal(decodeRecord(other, value), null)
  }
})

t.test('what is cut off or garbled throws', async t => {
  const { key, value } = encodeRecord(group)
  t.throws(() => decodeRecord(Buffer.alloc(1), null))
  t.throws(() => decodeRecord(key.subarray(0, 4), null))
  t.throws(() => decodeRecord(key, value!.subarray(0, 20)))
  t.throws(() => decodeRecord(key, Buffer.alloc(1)))
})

t.test('what is kept of a record does not hold on to the bytes it was read from', async t => {
  const { key, value } = encodeRecord(group)
  const record = decodeRecord(key, value)
  value!.fill(0)
  t.same(record, group)
})

t.test('topics are read from what consumers of any version say, and from nothing else', async t => {
  t.same(subscribedTopics(subscription('a', 'b')), ['a', 'b'])
  const said = (version: number, bytes: Buffer) => {
    const metadata = Buffer.concat([Buffer.alloc(2), bytes])
    metadata.writeInt16BE(version)
    return metadata
  }
  const first = encode(ConsumerProtocolSubscription, 0, {
    topics: ['a'],
    userData: Buffer.from('u'),
    ownedPartitions: [],
  })
  const newest = encode(ConsumerProtocolSubscription, 3, { topics: ['a'], ownedPartitions: [] })
  for (const version of [0, 1, 3, 4, 99, 32767, -1, -32768]) {
    t.same(subscribedTopics(said(version, first)), ['a'], `version ${version}, which ends after the user data`)
    t.same(
      subscribedTopics(said(version, newest.subarray(0, newest.length - 3))),
      ['a'],
      `version ${version} cut short`,
    )
    t.same(subscribedTopics(said(version, Buffer.concat([first, Buffer.from([255, 7])]))), ['a'])
    t.equal(subscribedTopics(said(version, first.subarray(0, first.length - 1))), null, 'user data cut short')
    t.equal(subscribedTopics(said(version, first.subarray(0, 7))), null, 'without user data')
  }
  t.equal(subscribedTopics(Buffer.alloc(0)), null)
  t.equal(subscribedTopics(Buffer.from('junk that is none')), null)
  t.equal(subscribedTopics(Buffer.from([255, 255, 0, 0])), null)
})
