/** Partitions that are led here and follow others, one after the other: who waits is told, and what is not committed does not count. */
import t from 'tap'
import type { Partition } from '../../../lib/partitions/partition.ts'
import { codes, KafkaError } from '../../../protocol/errors.ts'
import { endTransactionMarker } from '../../../protocol/records/control.ts'
import { setBaseOffset, setPartitionLeaderEpoch } from '../../../protocol/records/header.ts'
import { memoryFiles } from '../../../storage/files.ts'
import {
  batchOf,
  breakableFiles,
  PartitionsFixture,
  topicImage,
  valuesOf,
  whenCommitted,
  whenWritten,
} from '../fixture.ts'

const all = { bytesMax: 1_000_000, isolation: 'logEnd', minOneMessage: true } as const

function codeOf(work: () => unknown): number {
  try {
    work()
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
  return codes.NONE
}

function led(spec: { configs?: Record<string, string>; nodeId?: number } = {}): {
  fixture: PartitionsFixture
  partition: Partition
} {
  const fixture = new PartitionsFixture({
    nodeId: spec.nodeId ?? 1,
    topics: [topicImage('a', { replicas: [1, 2, 3], ...spec })],
  })
  return { fixture, partition: fixture.partition('a') }
}

function append(partition: Partition, values: readonly string[], requiredAcks: -1 | 0 | 1 = -1): void {
  partition.append(batchOf(values), { origin: 'client', requiredAcks })
}

/** A batch as a leader has it. */
function given(offset: number, values: readonly string[], leaderEpoch: number): Buffer {
  const batch = batchOf(values)
  setBaseOffset(batch, 0, offset)
  setPartitionLeaderEpoch(batch, 0, leaderEpoch)
  return batch
}

t.test('the high watermark goes with the in-sync replicas, and watchers of the log end are told sooner', t => {
  const { fixture, partition } = led()
  const told: [string, number][] = []
  partition.watch({ partitionChanged: (_, bytes) => told.push(['committed', bytes]) })
  partition.watch({ partitionChanged: (_, bytes) => told.push(['end', bytes]) }, 'logEnd')
  append(partition, ['x', 'y'])
  t.same(told, [])
  fixture.turn()
  const bytes = batchOf(['x', 'y']).length
  t.same(told, [['end', bytes]])
  t.same([partition.highWatermark, partition.readableEnd('logEnd')], [0, 2])
  t.same(valuesOf(partition.read(0, all).records), ['x', 'y'])
  partition.fetchedBy(2, { fetchOffset: 2, logStartOffset: 0, brokerEpoch: -1 })
  t.equal(partition.highWatermark, 0)
  partition.fetchedBy(3, { fetchOffset: 1, logStartOffset: 0, brokerEpoch: -1 })
  t.equal(partition.highWatermark, 1)
  fixture.become('a', { isr: [1, 2] })
  t.equal(partition.highWatermark, 1, 'who has caught up not long ago may join again, and is waited for')
  fixture.clock.advance(30_001)
  partition.fetchedBy(2, { fetchOffset: 2, logStartOffset: 0, brokerEpoch: -1 })
  t.equal(partition.highWatermark, 2)
  t.same(
    told.filter(([what]) => what === 'committed').map(([, bytes]) => bytes),
    [bytes, 0],
  )
  t.end()
})

t.test(
  'acks=all is refused while fewer replicas are in sync than the topic asks for, and nothing is committed then',
  t => {
    const { fixture, partition } = led({ configs: { 'min.insync.replicas': '2' } })
    append(partition, ['x'])
    fixture.turn()
    const told: number[] = []
    whenCommitted(partition, 0, code => told.push(code))
    fixture.become('a', { isr: [1] })
    t.equal(
      codeOf(() => append(partition, ['y'])),
      codes.NOT_ENOUGH_REPLICAS,
    )
    append(partition, ['z'], 1)
    fixture.turn()
    t.same([partition.highWatermark, ...told], [0], 'not even what acks=1 was given')
    const topic = fixture.topic('a')
    fixture.apply({ changed: [{ ...topic, configs: new Map([['min.insync.replicas', '1']]) }] })
    t.same([partition.highWatermark, ...told], [2, 0], 'as soon as the topic asks for fewer')
    fixture.apply({ changed: [{ ...fixture.topic('a'), configs: new Map([['min.insync.replicas', '3']]) }] })
    whenCommitted(partition, 1, code => told.push(code))
    t.equal(told.at(-1), codes.NOT_ENOUGH_REPLICAS_AFTER_APPEND, 'it is committed, and there are too few by now')
    t.end()
  },
)

t.test('a leader that is replaced tells all who wait, once their records are in the file', t => {
  const { fixture, partition } = led()
  const told: string[] = []
  append(partition, ['x'])
  whenCommitted(partition, 0, code => told.push(`committed ${code}`))
  whenWritten(partition, 0, code => told.push(`written ${code}`))
  partition.awaitDeleted(1, { settled: (_slot, code) => told.push(`deleted ${code}`) }, null)
  for (const upTo of ['highWatermark', 'logEnd'] as const) {
    partition.watch({ partitionChanged: (_, bytes) => bytes === 0 && told.push(upTo) }, upTo)
  }
  fixture.become('a', { leader: 2, leaderEpoch: 1 })
  t.same(told, [
    'written 0',
    `committed ${codes.NOT_LEADER_OR_FOLLOWER}`,
    `deleted ${codes.NOT_LEADER_OR_FOLLOWER}`,
    'highWatermark',
    'logEnd',
  ])
  t.equal(partition.highWatermark, 0)
  t.equal(
    codeOf(() => append(partition, ['y'], 1)),
    codes.NOT_LEADER_OR_FOLLOWER,
  )
  whenCommitted(partition, 0, code => told.push(`late ${code}`))
  t.equal(told.at(-1), `late ${codes.NOT_LEADER_OR_FOLLOWER}`)
  t.equal(
    codeOf(() => partition.leading),
    codes.NOT_LEADER_OR_FOLLOWER,
  )
  fixture.turn()
  t.end()
})

t.test(
  'whoever lent a buffer has it back once it is written, also where the leader was replaced when that could not be done',
  t => {
    let isExhausted = false
    const files = memoryFiles()
    const limited = new Proxy(files, {
      get(target, name) {
        const member = target[name as keyof typeof target]
        if (name !== 'file') return typeof member === 'function' ? member.bind(target) : member
        return (path: string) =>
          new Proxy(target.file(path), {
            get(file, property) {
              const value = Reflect.get(file, property, file)
              if (property === 'writev' && isExhausted) {
                return () => {
                  throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' })
                }
              }
              return typeof value === 'function' ? value.bind(file) : value
            },
          })
      },
    })
    const fixture = new PartitionsFixture({ files: limited, topics: [topicImage('a', { replicas: [1, 2] })] })
    const partition = fixture.partition('a')
    const told: number[] = []
    append(partition, ['x'])
    whenCommitted(partition, 0, code => told.push(code))
    isExhausted = true
    fixture.become('a', { leader: 2, leaderEpoch: 1 })
    t.same(told, [])
    isExhausted = false
    fixture.turn()
    t.same(told, [codes.NOT_LEADER_OR_FOLLOWER])
    t.end()
  },
)

t.test('producers go on waiting in a new epoch of the same leader, fetches look again, and nobody is believed', t => {
  const { fixture, partition } = led()
  append(partition, ['x'])
  fixture.turn()
  partition.fetchedBy(2, { fetchOffset: 1, logStartOffset: 0, brokerEpoch: -1 })
  const told: number[] = []
  let looks = 0
  whenCommitted(partition, 0, code => told.push(code))
  partition.watch({ partitionChanged: () => looks++ })
  fixture.become('a', { leaderEpoch: 1, isr: [1, 2] })
  t.same([looks, told, partition.highWatermark], [1, [], 0])
  t.equal(partition.leading.epochStartOffset, 1)
  partition.fetchedBy(2, { fetchOffset: 1, logStartOffset: 0, brokerEpoch: -1 })
  t.same([told, partition.highWatermark], [[codes.NONE], 1])
  t.end()
})

t.test('a change to another partition of the topic changes nothing', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 2, replicas: [1, 2] })] })
  const partition = fixture.partition('a')
  partition.leading.propose([1])
  let looks = 0
  partition.watch({ partitionChanged: () => looks++ })
  fixture.become('a', { isr: [1] }, 1)
  fixture.apply({ changed: [{ ...fixture.topic('a'), configs: new Map([['retention.ms', '5']]) }] })
  t.same([looks, partition.leading.isProposing], [0, true])
  partition.withdrawProposal()
  t.notOk(partition.leading.isProposing)
  t.end()
})

t.test('a follower takes what its leader gives: records, high watermark and log start, none beyond its own end', t => {
  const { fixture, partition } = led({ nodeId: 2 })
  const follower = partition.following(0)
  t.same([follower.leader, follower.leaderEpoch, partition.isLeader], [1, 0, false])
  t.same(follower.nextFetch(), { currentLeaderEpoch: 0, fetchOffset: 0, lastFetchedEpoch: -1, logStartOffset: 0 })
  follower.take({ records: given(0, ['x', 'y'], 0), highWatermark: 9, logStartOffset: 0 })
  t.equal(follower.nextFetch(), null, 'by the next it would say that it has them')
  fixture.turn()
  t.same(follower.nextFetch(), { currentLeaderEpoch: 0, fetchOffset: 2, lastFetchedEpoch: 0, logStartOffset: 0 })
  t.equal(partition.highWatermark, 2)
  follower.take({ records: Buffer.alloc(0), highWatermark: 1, logStartOffset: 1 })
  t.same([partition.highWatermark, partition.logStartOffset], [2, 1], 'what is committed stays so')
  for (const records of [given(0, ['x'], 0), given(1, ['x', 'y'], 0)]) {
    t.equal(
      codeOf(() => follower.take({ records, highWatermark: 3, logStartOffset: 1 })),
      codes.OFFSET_OUT_OF_RANGE,
    )
  }
  follower.take({ records: Buffer.alloc(0), highWatermark: 2, logStartOffset: 7 })
  t.equal(partition.logStartOffset, 2)
  t.same(follower.nextFetch(), { currentLeaderEpoch: 0, fetchOffset: 2, lastFetchedEpoch: 0, logStartOffset: 2 })
  t.end()
})

t.test('a follower of an epoch that is over takes nothing any more', t => {
  const { fixture, partition } = led({ nodeId: 2 })
  fixture.become('a', { leader: 3, leaderEpoch: 1 })
  t.equal(
    codeOf(() => partition.following(0)),
    codes.FENCED_LEADER_EPOCH,
  )
  t.equal(partition.following(1).leader, 3)
  fixture.become('a', { leader: -1, leaderEpoch: 2 })
  t.equal(
    codeOf(() => partition.following(2)),
    codes.FENCED_LEADER_EPOCH,
  )
  fixture.become('a', { leader: 2, leaderEpoch: 3 })
  t.equal(
    codeOf(() => partition.following(3)),
    codes.FENCED_LEADER_EPOCH,
  )
  t.ok(partition.isLeader)
  fixture.apply({ deleted: ['a'] })
  t.equal(
    codeOf(() => partition.following(3)),
    codes.UNKNOWN_TOPIC_OR_PARTITION,
  )
  t.end()
})

t.test('an empty follower begins where its leader does, also within a batch', t => {
  const { fixture, partition } = led({ nodeId: 2 })
  const follower = partition.following(0)
  follower.restart(5)
  t.same(follower.nextFetch(), { currentLeaderEpoch: 0, fetchOffset: 5, lastFetchedEpoch: -1, logStartOffset: 5 })
  t.equal(partition.highWatermark, 5)
  follower.take({ records: given(3, ['d', 'e', 'f'], 0), highWatermark: 6, logStartOffset: 5 })
  fixture.turn()
  t.same([partition.logStartOffset, partition.logEndOffset, partition.highWatermark], [5, 6, 6])
  t.equal(partition.log.segments[0]!.baseOffset, 3)
  t.end()
})

t.test('a follower drops what its leader does not have, epoch by epoch', t => {
  const fresh = () => {
    const { fixture, partition } = led({ nodeId: 2 })
    const records = Buffer.concat([given(0, ['a', 'b'], 0), given(2, ['c', 'd'], 2), given(4, ['e'], 5)])
    fixture.become('a', { leaderEpoch: 5 })
    partition.following(5).take({ records, highWatermark: 1, logStartOffset: 0 })
    fixture.turn()
    fixture.become('a', { leader: 3, leaderEpoch: 7 })
    return { partition, follower: partition.following(7) }
  }
  const cases: [{ epoch: number; endOffset: number }, number][] = [
    [{ epoch: 5, endOffset: 9 }, 5],
    [{ epoch: 2, endOffset: 3 }, 3],
    [{ epoch: 2, endOffset: 8 }, 4],
    // The leader has records of an epoch that is not known here: what precedes it may be common.
    [{ epoch: 4, endOffset: 5 }, 4],
    [{ epoch: 0, endOffset: 1 }, 1],
    [{ epoch: -1, endOffset: 3 }, 3],
    [{ epoch: -1, endOffset: -1 }, 1],
  ]
  for (const [told, end] of cases) {
    const { partition, follower } = fresh()
    follower.part(told)
    t.equal(partition.logEndOffset, end, JSON.stringify(told))
    t.equal(partition.highWatermark, Math.min(1, end))
    t.equal(follower.nextFetch()!.lastFetchedEpoch, end > 4 ? 5 : end > 2 ? 2 : 0)
  }
  t.end()
})

t.test(
  'records that were committed are only cut with a warning, and the checkpoints promise no more of them',
  async t => {
    const { fixture, partition } = led({ nodeId: 2 })
    const follower = partition.following(0)
    follower.take({ records: given(0, ['a', 'b', 'c'], 0), highWatermark: 3, logStartOffset: 2 })
    fixture.turn()
    await partition.log.flush()
    fixture.clock.advance(60_000)
    await fixture.settle()
    const text = (name: string) => String(fixture.files.read(`/data/${name}`))
    t.match(text('recovery-point-offset-checkpoint'), /a 0 3\n/)
    t.match(text('replication-offset-checkpoint'), /a 0 3\n/)
    follower.part({ epoch: 0, endOffset: 1 })
    t.ok(fixture.log.some(line => line.includes('records that were committed are cut off')))
    for (const name of ['recovery-point', 'replication', 'log-start']) {
      const content = text(`${name === 'log-start' ? 'log-start' : name}-offset-checkpoint`)
      t.match(content, /a 0 1\n/, name)
    }
    t.same([partition.highWatermark, partition.logStartOffset, partition.logEndOffset], [1, 1, 1])
  },
)

t.test('a replica that starts again knows how far it was committed', async t => {
  const { fixture, partition } = led({ nodeId: 2 })
  partition.following(0).take({ records: given(0, ['a', 'b', 'c'], 0), highWatermark: 2, logStartOffset: 0 })
  fixture.turn()
  await fixture.close()
  fixture.open()
  t.equal(fixture.partition('a').highWatermark, 2)
  fixture.become('a', { leader: 2, leaderEpoch: 1 })
  t.equal(fixture.partition('a').highWatermark, 2, 'what a new leader has is not committed by that')
  fixture.partition('a').fetchedBy(1, { fetchOffset: 3, logStartOffset: 0, brokerEpoch: -1 })
  fixture.partition('a').fetchedBy(3, { fetchOffset: 3, logStartOffset: 0, brokerEpoch: -1 })
  t.equal(fixture.partition('a').highWatermark, 3)
})

t.test('DeleteRecords is done once all replicas have deleted, as far as their brokers are there', t => {
  const { fixture, partition } = led()
  append(partition, ['x', 'y', 'z'])
  fixture.turn()
  for (const id of [2, 3]) partition.fetchedBy(id, { fetchOffset: 3, logStartOffset: 0, brokerEpoch: -1 })
  t.equal(partition.deleteRecordsBefore(2), 2)
  t.equal(partition.lowWatermark, 0)
  const told: number[] = []
  partition.awaitDeleted(2, { settled: (_slot, code) => told.push(code) }, null)
  partition.fetchedBy(2, { fetchOffset: 3, logStartOffset: 2, brokerEpoch: -1 })
  t.same(told, [])
  partition.fetchedBy(3, { fetchOffset: 3, logStartOffset: 2, brokerEpoch: -1 })
  t.same(told, [codes.NONE])
  partition.awaitDeleted(2, { settled: (_slot, code) => told.push(code) }, null)
  t.same(told, [codes.NONE, codes.NONE])
  t.end()
})

t.test('what a producer was asked about is void once another has led', t => {
  const { fixture, partition } = led()
  const verification = partition.verifications.begin(7, 0)
  fixture.become('a', { leader: 2, leaderEpoch: 1 })
  fixture.become('a', { leader: 1, leaderEpoch: 2 })
  t.equal(
    codeOf(() => partition.verifications.redeem(verification, 'a-0')),
    codes.INVALID_TXN_STATE,
  )
  const marker = endTransactionMarker({
    ...{ type: 'COMMIT', producerId: 7, producerEpoch: 0, coordinatorEpoch: 0, timestamp: 1 },
  } as const)
  partition.append(marker, { origin: 'coordinator', requiredAcks: -1 })
  fixture.turn()
  t.end()
})

t.test('a partition whose disk fails refuses both roles', t => {
  let isBroken = false
  const files = breakableFiles(memoryFiles(), () => isBroken)
  const fixture = new PartitionsFixture({ nodeId: 2, files, topics: [topicImage('a', { replicas: [1, 2] })] })
  const partition = fixture.partition('a')
  const follower = partition.following(0)
  follower.take({ records: given(0, ['a'], 0), highWatermark: 0, logStartOffset: 0 })
  isBroken = true
  fixture.turn()
  t.equal(partition.standing, 'offline')
  t.equal(
    codeOf(() => partition.following(0)),
    codes.KAFKA_STORAGE_ERROR,
  )
  fixture.become('a', { leader: 2, leaderEpoch: 1 })
  t.equal(
    codeOf(() => partition.leading),
    codes.KAFKA_STORAGE_ERROR,
  )
  t.end()
})
