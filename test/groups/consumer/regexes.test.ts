/** Members of consumer groups that subscribe by regular expressions, on a shard without a broker. */
import t from 'tap'
import { loadPatterns } from '../../../lib/base/pattern.ts'
import { codes } from '../../../protocol/errors.ts'
import { ConsumerBench, id, settle } from './consumer-bench.ts'

const byRegex = (subscribedTopicRegex: string, subscribedTopicNames: string[] | null = null) => ({
  subscribedTopicRegex,
  subscribedTopicNames,
})

async function bench(topics: Readonly<Record<string, number>>): Promise<ConsumerBench> {
  const made = new ConsumerBench(topics)
  made.readPattern = await loadPatterns()
  return made
}

t.test('a regular expression is matched, all of it, with all topics between heartbeats', async t => {
  const b = await bench({ a: 1, aa: 2, b: 1 })
  const one = b.member('one', byRegex('a+'))
  t.match(one, { epoch: 1, owned: new Set() })
  t.match(b.describe().members, [{ subscribedTopicRegex: 'a+', subscribedTopicNames: [] }])
  b.work()
  t.match(b.describe(), { groupState: 'Assigning', groupEpoch: 2 })
  settle([one])
  t.same(one.owned.size, 3)
  t.match(b.describe(), { groupState: 'Stable', groupEpoch: 2, assignmentEpoch: 2 })
  t.same(b.describe(), b.reloaded())
})

t.test('another member with the same one has it at once, and names come on top', async t => {
  const b = await bench({ a: 2, b: 1 })
  const one = b.member('one', byRegex('a'))
  b.work()
  settle([one])
  const two = b.member('two', byRegex('a', ['b']))
  settle([one, two])
  t.equal(two.owned.size + one.owned.size, 3)
  t.ok(two.owned.has(`${id('b')}/0`))
  two.beat({ subscribedTopicRegex: '' })
  settle([one, two])
  t.same([...two.owned], [`${id('b')}/0`])
  two.leave()
  one.leave()
  const kept = b.log.filter(record => record.kind === 'consumerRegex').at(-1)
  t.equal(kept?.value, null, 'what nobody asks for is forgotten')
})

t.test('new topics are matched with the next heartbeat, ten seconds after the last time at the earliest', async t => {
  const b = await bench({ a: 1 })
  const one = b.member('one', byRegex('a|b'))
  b.work()
  settle([one])
  t.equal(one.owned.size, 1)
  b.makeTopics({ a: 1, b: 1 })
  b.advance(9000)
  settle([one])
  b.work()
  settle([one])
  t.equal(one.owned.size, 1)
  b.advance(1001)
  one.beat()
  b.work()
  settle([one])
  t.equal(one.owned.size, 2)
  const revisions = b.log.flatMap(record => (record.kind === 'consumerRegex' ? record.value?.version : []))
  t.same(revisions, [2, 3])
})

t.test('a regular expression that is none, or too long, is refused, and leaves no trace', async t => {
  const b = await bench({ a: 1 })
  for (const regex of ['(', '[a', '(?=a)', '\\1', 'a'.repeat(5000)]) {
    t.equal(b.joinConsumer('one', byRegex(regex)).errorCode, codes.INVALID_REGULAR_EXPRESSION, regex.slice(0, 9))
  }
  t.equal(b.describe().errorCode, codes.GROUP_ID_NOT_FOUND)
})

t.test('only topics that the member may describe match', async t => {
  const b = await bench({ a: 1, b: 1 })
  const caller = b.caller.bind(b)
  b.caller = version => ({ ...caller(version), mayDescribe: topic => topic === 'b' })
  const one = b.member('one', byRegex('.*'))
  b.work()
  settle([one])
  t.same([...one.owned], [`${id('b')}/0`])
})

t.test('what was resolved for members that are gone meanwhile is dropped', async t => {
  const b = await bench({ a: 1 })
  b.member('one', byRegex('a')).leave()
  b.work()
  t.same(
    b.log.filter(record => record.kind === 'consumerRegex').map(({ value }) => value),
    [null],
  )
})

t.test('after a restart regular expressions are known, also before they can be read again', async t => {
  const b = await bench({ a: 1 })
  const one = b.member('one', byRegex('a'))
  b.work()
  settle([one])
  b.readPattern = null
  b.restart()
  b.makeTopics({ a: 2 })
  b.partitionsBecome('a', 2)
  b.advance(11_000)
  settle([one])
  t.equal(one.owned.size, 2)
})

t.test('as nobody knows how long a match takes, there is one at a time where time is short', async t => {
  for (const hasTime of [false, true]) {
    const b = await bench(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`t${i}`, 1])))
    const read = b.readPattern!
    let looks = 0
    b.readPattern = text => {
      const pattern = read(text)
      looks++
      return pattern && (topic => ++looks > 0 && pattern(topic))
    }
    b.member('one', byRegex('t1.*'))
    looks = 0
    const longest: number[] = []
    while (b.shard.hasWork) {
      const { records } = b.shard.work(b.now, () => hasTime)
      longest.push(looks)
      looks = 0
      for (const record of records) if (record.kind === 'consumerRegex') t.equal(record.value?.topics.size, 11)
    }
    t.equal(Math.max(...longest), hasTime ? 64 : 1)
    t.equal(longest.filter(count => count > 0).length, hasTime ? 2 : 101)
  }
})
