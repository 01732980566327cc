/** Offsets of one partition in several transactions at a time: which counts in the end, and what is told meanwhile. */
import t from 'tap'
import { type GroupRecord, noTopicId } from '../../lib/groups/records.ts'
import { codes } from '../../protocol/errors.ts'
import { Bench } from './bench.ts'

/** One partition's offset, as producers and others commit it. */
class Place {
  readonly bench = new Bench()

  #record(offset: number): GroupRecord {
    const value = { offset, leaderEpoch: -1, metadata: '', commitTimestampMs: 0, expireTimestampMs: -1 }
    return { kind: 'offset', groupId: 'g', topic: 't', partition: 0, value: { ...value, topicId: noTopicId } }
  }

  open(producerId: number, offset: number): void {
    this.bench.shard.replay(this.#record(offset), producerId, this.bench.now)
  }

  end(producerId: number, how: 'commit' | 'abort'): void {
    this.bench.shard.endTransaction(producerId, how === 'commit')
  }

  commitAlone(offset: number): void {
    this.bench.shard.replay(this.#record(offset), -1, this.bench.now)
  }

  delete(): number {
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0 }] }]
    return this.bench.run(shard => shard.deleteOffsets('g', topics)).topics[0]!.partitions[0]!.errorCode
  }

  get committed(): number {
    return this.bench.shard.fetchOffsets('g', [{ name: 't', partitionIndexes: [0] }], false)[0]!.partitions[0]!
      .committedOffset
  }

  get isStable(): boolean {
    const [topic] = this.bench.shard.fetchOffsets('g', [{ name: 't', partitionIndexes: [0] }], true)
    return topic!.partitions[0]!.errorCode !== codes.UNSTABLE_OFFSET_COMMIT
  }
}

t.test('of two transactions the offset that was written later counts, whichever is committed first', async t => {
  const first = new Place()
  first.open(1, 10)
  first.open(2, 12)
  first.end(1, 'commit')
  t.same([first.committed, first.isStable], [10, false])
  first.end(2, 'commit')
  t.same([first.committed, first.isStable], [12, true])
  const last = new Place()
  last.open(1, 10)
  last.open(2, 12)
  last.end(2, 'commit')
  t.same([last.committed, last.isStable], [12, false], 'what is open is told, though it counts no more')
  last.end(1, 'commit')
  t.same([last.committed, last.isStable], [12, true])
  const again = new Place()
  again.open(1, 10)
  again.open(2, 12)
  again.open(1, 13)
  again.end(2, 'commit')
  t.same([again.committed, again.isStable], [12, false])
  again.end(1, 'commit')
  t.same([again.committed, again.isStable], [13, true], 'a transaction has the place of its last word')
})

t.test('a commit outside of transactions stands before what was open already, and leaves it open', async t => {
  const place = new Place()
  place.open(1, 10)
  place.commitAlone(11)
  t.same([place.committed, place.isStable], [11, false])
  place.open(2, 12)
  place.end(1, 'commit')
  t.same([place.committed, place.isStable], [11, false])
  place.end(2, 'commit')
  t.same([place.committed, place.isStable], [12, true])
})

t.test('an offset that only a transaction has is deleted with all others, and does not come back', async t => {
  for (const isCommitted of [true, false]) {
    const place = new Place()
    if (isCommitted) place.commitAlone(9)
    place.open(1, 10)
    place.open(2, 12)
    t.equal(place.delete(), 0)
    t.same([place.committed, place.isStable], [-1, true])
    place.end(1, 'commit')
    t.equal(place.committed, -1)
    place.open(2, 13)
    place.end(2, 'commit')
    t.same([place.committed, place.isStable], [13, true], 'what is written afterwards counts')
  }
})
