/** Coordinators on real partitions: what is in the log, on the disk or with another leader when an epoch ends. */
import t from 'tap'
import { silentLogger } from '../../lib/base/logger.ts'
import type { ImageDelta } from '../../lib/cluster/image.ts'
import { Coordinators } from '../../lib/coordination/coordinators.ts'
import { codes } from '../../protocol/errors.ts'
import { memoryFiles } from '../../storage/files.ts'
import { breakableFiles, PartitionsFixture, topicImage } from '../partitions/fixture.ts'
import { format, Sum } from './sum.ts'

const topic = '__consumer_offsets'

function setUp(replicas: readonly number[] = [1]) {
  const disk = { isBroken: false }
  const files = breakableFiles(memoryFiles(), () => disk.isBroken)
  const fixture = new PartitionsFixture({ topics: [topicImage(topic, { replicas })], files })
  const listeners: ((delta: ImageDelta) => void)[] = []
  const coordinators = new Coordinators<Sum, number>({
    topic,
    nodeId: 1,
    shard: () => new Sum(),
    format,
    writeTimeoutMs: 5000,
    cluster: {
      get image() {
        return fixture.image
      },
      onChange: listener => listeners.push(listener),
    },
    partitions: fixture.partitions,
    clock: fixture.clock,
    logger: silentLogger,
  })
  const refused = (errorCode: number) => `refused ${errorCode}`
  return {
    fixture,
    disk,
    partition: fixture.partition(topic),
    coordinators,
    add: (...records: number[]) =>
      coordinators.write<string>(0, refused, sum => ({ records, response: `total ${sum.total}` })),
    wait: () =>
      coordinators.write<string>(0, refused, (sum, _now, reply) => {
        sum.waiting.push(reply)
        return { records: [], response: undefined }
      }),
    led: (leader: number, leaderEpoch: number) => {
      const before = fixture.topic(topic)
      const delta = fixture.apply({
        changed: [{ ...before, partitions: [{ ...before.partitions[0]!, leader, leaderEpoch }] }],
      })
      for (const listener of listeners) listener(delta)
    },
  }
}

t.test('what was appended in the turn in which an epoch ends is there in the next', async t => {
  const { add, led, fixture } = setUp()
  const before = add(1, 2)
  led(1, 1)
  t.equal(await before, `refused ${codes.NOT_COORDINATOR}`)
  const after = add()
  fixture.turn()
  t.equal(await after, 'total 3')
  t.equal(add(), 'total 3')
})

t.test('whoever waits is told when another broker leads, and what it had not copied is refused', async t => {
  const { add, wait, led, fixture } = setUp([1, 2])
  const waits = wait()
  const uncommitted = add(1)
  fixture.turn()
  led(2, 1)
  t.equal(await waits, `closed ${codes.NOT_COORDINATOR}`)
  t.equal(await uncommitted, `refused ${codes.NOT_COORDINATOR}`)
  t.equal(add(), `refused ${codes.NOT_COORDINATOR}`)
})

t.test('what the other replicas do not copy in time is refused', async t => {
  const { add, fixture, partition } = setUp([1, 2])
  const first = add(1)
  fixture.clock.advance(5000)
  t.equal(await first, `refused ${codes.COORDINATOR_NOT_AVAILABLE}`)
  const second = add()
  partition.advanceHighWatermark(1)
  t.equal(await second, 'total 1')
})

t.test('whoever waits is told when the disk fails', async t => {
  const { add, wait, disk, fixture } = setUp()
  const waits = wait()
  disk.isBroken = true
  const answer = add(1)
  fixture.turn()
  t.equal(await answer, `refused ${codes.NOT_COORDINATOR}`)
  t.equal(await waits, `closed ${codes.NOT_COORDINATOR}`)
  t.equal(add(), `refused ${codes.NOT_COORDINATOR}`)
  t.equal(wait(), `refused ${codes.NOT_COORDINATOR}`)
})

t.test('a transaction is open in the log until it is ended', async t => {
  const { add, coordinators, partition, fixture, led } = setUp()
  const producer = { producerId: 4, producerEpoch: 1 }
  const refused = (errorCode: number) => errorCode
  const written = coordinators.write(0, refused, () => ({ records: [8], response: 0 }), producer)
  fixture.turn()
  t.equal(await written, 0)
  t.equal(partition.lastStableOffset, 0)
  t.equal(partition.highWatermark, 1)
  const stale = { ...producer, producerEpoch: 0, coordinatorEpoch: 0, committed: true, transactionVersion: 0 }
  t.equal(await coordinators.endTransaction(0, stale), codes.INVALID_PRODUCER_EPOCH)
  t.equal(await add(), 'total 0')
  const ended = coordinators.endTransaction(0, { ...stale, producerEpoch: 1 })
  fixture.turn()
  t.equal(await ended, 0)
  t.equal(partition.lastStableOffset, 2)
  t.equal(add(), 'total 8')
  led(1, 1)
  t.equal(add(), 'total 8')
})
