/** How the groups of a shard begin to work once it is loaded. */
import t from 'tap'
import { ConsumerBench } from './consumer/consumer-bench.ts'

t.test('groups begin one after the other, where there are many, and each of their members has its session', async t => {
  const bench = new ConsumerBench()
  const groupIds = Array.from({ length: 1500 }, (_, i) => `g${i}`)
  for (const groupId of groupIds) bench.joinConsumer('one', { groupId })
  const shard = bench.loading()
  let steps = 1
  for (; shard.begin(bench.now); steps++) t.not(shard.nextTimerMs, Number.POSITIVE_INFINITY, 'some have begun')
  t.equal(steps, 3, 'a group counts as much as a member')
  bench.begin(shard)
  bench.joinConsumer('two', { groupId: 'g0' })
  bench.advance(bench.consumer.sessionTimeoutMs)
  const states = new Set(groupIds.map(groupId => bench.describe(groupId).groupState))
  t.same([...states], ['Empty'])
})
