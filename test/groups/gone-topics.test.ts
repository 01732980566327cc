/** Offsets of topics that are gone, and offsets whose time is over: they count no more at once, and are taken off the log bit by bit. */
import t from 'tap'
import { noTopicId } from '../../lib/groups/records.ts'
import { codes } from '../../protocol/errors.ts'
import { Bench } from './bench.ts'

const ids = {
  a: 'ididididididididididia',
  b: 'ididididididididididib',
  other: 'idididididididididothr',
  again: 'ididididididididididag',
}

function benchWith(topics: Readonly<Record<string, string>> = { a: ids.a, b: ids.b }): Bench {
  const bench = new Bench()
  bench.topicsBecome(topics)
  bench.restart()
  return bench
}

/** Places whose last record is an offset. */
function kept(bench: Bench): string[] {
  return bench.lastOffsets().map(({ topic, partition }) => `${topic}-${partition}`)
}

t.test('with a topic go the offsets that were committed for it: at once, and from the log later', async t => {
  const bench = benchWith()
  bench.commit({ topic: 'a', topicId: ids.a, partition: 1 })
  bench.commit({ topic: 'a', topicId: noTopicId, partition: 2 })
  bench.commit({ topic: 'b', topicId: ids.b })
  bench.topicsBecome({ b: ids.b })
  t.same([bench.committed('a', 1), bench.committed('a', 2), bench.committed('b')], [-1, -1, 5])
  t.same(
    bench.shard.fetchOffsets('g', null, false).map(({ name }) => name),
    ['b'],
  )
  t.same(kept(bench), ['a-1', 'a-2', 'b-0'])
  bench.work()
  t.same(kept(bench), ['b-0'])
  t.notOk(bench.shard.hasWork)
})

t.test('a topic that is made anew under a name begins without offsets, whoever was told of it when', async t => {
  for (const [when, topicId] of [
    ['while the shard works', ids.a],
    ['while the shard works', noTopicId],
    ['while it loads', ids.a],
    ['while it loads', noTopicId],
    ['before it loads', ids.a],
  ] as const) {
    const bench = benchWith()
    bench.commit({ topic: 'a', topicId })
    const anew = { a: ids.other, b: ids.b }
    if (when === 'while the shard works') {
      bench.topicsBecome({ b: ids.b })
      bench.topicsBecome(anew)
    } else if (when === 'while it loads') {
      const loading = bench.loading()
      bench.topicsBecome({ b: ids.b }, loading)
      bench.topicsBecome(anew, loading)
      bench.begin(loading)
    } else {
      bench.topicsBecome({ b: ids.b })
      bench.topicsBecome(anew)
      bench.begin(bench.loading())
    }
    t.equal(bench.committed('a'), -1, `${when}, ${topicId}`)
    bench.commit({ topic: 'a', topicId: ids.other, partition: 1, offset: 7 })
    bench.work()
    t.same(kept(bench), ['a-1'])
    t.same([bench.committed('a'), bench.committed('a', 1)], [-1, 7])
  }
})

t.test('a topic that went while nobody was there to hear of it is found out when its offsets are loaded', async t => {
  const bench = benchWith()
  bench.commit({ topic: 'a', topicId: noTopicId })
  bench.commit({ topic: 'b', topicId: noTopicId })
  bench.topics = new Map([['b', ids.b]])
  bench.begin(bench.loading())
  t.same([bench.committed('a'), bench.committed('b')], [-1, 5])
  bench.topicsBecome({ a: ids.other, b: ids.b })
  t.equal(bench.committed('a'), -1, 'though there is one of the name again')
  bench.work()
  t.same(kept(bench), ['b-0'])
  t.same([bench.committed('a'), bench.committed('b')], [-1, 5])
})

t.test('many offsets are looked at step by step, and what is committed meanwhile stays', async t => {
  const bench = benchWith()
  for (let partition = 0; partition < 1000; partition++) bench.commit({ topic: 'a', topicId: ids.a, partition })
  bench.topicsBecome({ a: ids.other })
  const before = bench.log.length
  bench.work(bench.shard, 1)
  const found = bench.log.length - before
  t.ok(found > 0 && found <= 300, `${found} in one step`)
  bench.commit({ topic: 'a', topicId: ids.other, partition: 0, offset: 6 })
  bench.commit({ topic: 'a', topicId: ids.other, partition: 999, offset: 7 })
  // A second deletion while the first is looked for.
  bench.commit({ topic: 'a', topicId: ids.other, partition: 1, offset: 8 })
  bench.topicsBecome({ a: ids.other, b: ids.other })
  bench.topicsBecome({ a: ids.other })
  bench.work()
  t.same(kept(bench).sort(), ['a-0', 'a-1', 'a-999'])
  t.equal(bench.committed('a', 999), 7)
})

t.test('a topic that goes while others are looked for is looked for, too', async t => {
  const bench = benchWith({ a: ids.a, b: ids.b, c: ids.other })
  bench.commit({ topic: 'b', topicId: noTopicId })
  for (let partition = 0; partition < 1000; partition++) bench.commit({ topic: 'a', topicId: ids.a, partition })
  bench.topicsBecome({ b: ids.b, c: ids.other })
  bench.work(bench.shard, 2)
  t.same(kept(bench).includes('b-0'), true)
  bench.topicsBecome({ c: ids.other })
  bench.topicsBecome({ b: ids.again, c: ids.other })
  t.equal(bench.committed('b'), -1)
  bench.work()
  t.same(kept(bench), [])
  t.equal(bench.committed('b'), -1)
})

t.test('tombstones that cannot be written are tried again', async t => {
  for (const failsAt of [1, 4, 5]) {
    const bench = benchWith()
    for (let partition = 0; partition < 1000; partition++) bench.commit({ topic: 'a', topicId: noTopicId, partition })
    bench.topicsBecome({ b: ids.b })
    bench.work(bench.shard, failsAt - 1)
    bench.failWith = codes.COORDINATOR_NOT_AVAILABLE
    bench.work(bench.shard, 1)
    bench.failWith = 0
    bench.topicsBecome({ a: ids.other, b: ids.b })
    t.equal(bench.committed('a', 999), -1)
    bench.work()
    bench.advance(500)
    bench.work()
    t.same(kept(bench), [], `step ${failsAt}`)
    t.equal(bench.committed('a', 999), -1)
  }
})

t.test('an open transaction does not bring back offsets of a topic that is gone', async t => {
  for (const topicId of [ids.a, noTopicId]) {
    const bench = benchWith()
    const value = { offset: 9, leaderEpoch: -1, metadata: '', commitTimestampMs: 0, expireTimestampMs: -1, topicId }
    bench.shard.replay({ kind: 'offset', groupId: 'g', topic: 'a', partition: 0, value }, 4, bench.now)
    bench.topicsBecome({ b: ids.b })
    bench.work()
    t.same(bench.log.at(-1), { kind: 'offset', groupId: 'g', topic: 'a', partition: 0, value: null })
    bench.topicsBecome({ a: ids.other })
    bench.work()
    bench.shard.endTransaction(4, true)
    t.equal(bench.committed('a'), -1)
  }
})

t.test('a group whose offsets have expired goes in a later step, unless somebody came meanwhile', async t => {
  const bench = benchWith()
  bench.settings.offsetsRetentionMs = 1000
  bench.settings.offsetsRetentionCheckIntervalMs = 10_000
  bench.restart()
  for (const groupId of ['few', 'busy']) bench.commit({ topic: 'a', topicId: ids.a }, {}, groupId)
  for (let partition = 0; partition < 700; partition++)
    bench.commit({ topic: 'a', topicId: ids.a, partition }, {}, 'many')
  bench.monotonicMs += 10_000
  while (bench.shard.expire(bench.now));
  t.equal(bench.log.length, 702, 'the timer itself looks at nothing')
  const before = bench.log.length
  bench.work(bench.shard, 1)
  t.ok(bench.log.length - before <= 300)
  bench.commit({ topic: 'a', topicId: ids.a, partition: 5 }, {}, 'busy')
  bench.work()
  t.same([bench.state('few'), bench.state('many'), bench.state('busy')], ['none', 'none', 'Empty'])
  t.same(kept(bench), ['a-5'])
  t.equal(bench.committed('a', 5, 'busy'), 5)
})

t.test('a group with nothing but offsets of an open transaction stays', async t => {
  const bench = benchWith()
  bench.settings.offsetsRetentionMs = 1000
  bench.settings.offsetsRetentionCheckIntervalMs = 10_000
  bench.restart()
  bench.commit({ topic: 'a', topicId: ids.a })
  const value = {
    offset: 9,
    leaderEpoch: -1,
    metadata: '',
    commitTimestampMs: 0,
    expireTimestampMs: -1,
    topicId: ids.b,
  }
  bench.shard.replay({ kind: 'offset', groupId: 'g', topic: 'b', partition: 0, value }, 4, bench.now)
  bench.advance(10_000)
  t.equal(bench.committed('a'), -1)
  t.equal(bench.state(), 'Empty')
  bench.shard.endTransaction(4, false)
  bench.advance(10_000)
  t.equal(bench.state(), 'none')
})

t.test('a group is deleted with the offsets of transactions that have not ended', async t => {
  const bench = benchWith()
  bench.commit({ topic: 'a', topicId: ids.a })
  const value = {
    offset: 9,
    leaderEpoch: -1,
    metadata: '',
    commitTimestampMs: 0,
    expireTimestampMs: -1,
    topicId: ids.b,
  }
  bench.shard.replay({ kind: 'offset', groupId: 'g', topic: 'b', partition: 0, value }, 4, bench.now)
  t.equal(
    bench.run(shard => shard.deleteGroup('g')),
    0,
  )
  bench.shard.endTransaction(4, true)
  t.equal(bench.committed('b'), -1)
  t.equal(bench.state(), 'none')
})
