/** What stands behind a page of the console may be much: it is looked at in pieces, and brokers are asked for little at once. */
import t from 'tap'
import { alterGroupOffsets } from '../../lib/admin/groups.ts'
import { systemClock } from '../../lib/base/clock.ts'
import { brokerRows, DirectoryList, replicationAnswer } from '../../lib/console/brokers.ts'
import { groupRows, readersOf } from '../../lib/console/groups.ts'
import { TopicList, topicRows } from '../../lib/console/topics.ts'
import { served } from './served.ts'

const partitionsIn = (body: unknown): number => {
  const { topics } = body as { topics?: readonly { readonly partitions?: readonly unknown[] }[] | null }
  if (topics === null) return Number.POSITIVE_INFINITY
  return (topics ?? []).reduce((sum, { partitions }) => sum + (partitions?.length ?? 0), 0)
}

t.test('where logs end is asked once for all groups that are shown, and only where they have committed', async t => {
  const { admin, send } = await served(t, { topics: { first: 300, second: { partitions: 3 } } })
  await send('second', [
    { value: 'x', partition: 1 },
    { value: 'y', partition: 1 },
  ])
  const groups = Array.from({ length: 12 }, (_, n) => `group-${String(n).padStart(2, '0')}`)
  for (const group of groups) {
    const [topic, partition] = group === 'group-07' ? ['first', 299] : ['second', 1]
    await alterGroupOffsets(admin, group, [{ topic, partition, offset: topic === 'first' ? 0 : 1 }])
  }
  let ends = 0
  const counting = new Proxy(admin, {
    get(of, name) {
      const value = Reflect.get(of, name, of) as unknown
      if (name !== 'ask') return typeof value === 'function' ? value.bind(of) : value
      return (to: never, api: { readonly name: string }, request: unknown, ...more: never[]) => {
        if (api.name === 'ListOffsets') ends += partitionsIn(typeof request === 'function' ? request(7) : request)
        return (of.ask as (...all: unknown[]) => unknown).call(of, to, api, request, ...more)
      }
    },
  })
  const readers = await readersOf(counting, 'second')
  t.match(readers, { total: 12, matching: 11 })
  t.ok(readers.rows.every(({ lag }) => lag === 1))
  t.equal(ends, 2, 'first and last offset of one partition')
  t.match(await readersOf(counting, 'first'), { matching: 1, rows: [{ groupId: 'group-07', lag: 0 }] })
  ends = 0
  const rows = await groupRows(counting, { from: 2, limit: 8, filter: '' })
  t.match(rows, { total: 12, rows: { length: 8, 0: { groupId: 'group-02', lag: 1, topics: 1, members: 0 } } })
  t.match(rows.rows[5], { groupId: 'group-07', lag: 0, topics: 1 })
  t.equal(ends, 4, 'of two partitions')
})

t.test('brokers are asked for few partitions at once, and others go on between many topics', async t => {
  const { admin, send } = await served(t, { topics: { first: 700, second: { partitions: 3 } } })
  await send('second', [{ value: 'x' }])
  const asked: { api: string; partitions: number }[] = []
  let [looks, most] = [0, 0]
  let laterMs = 0
  const clock = {
    ...systemClock,
    monotonicMs: () => systemClock.monotonicMs() + laterMs,
    immediate: (work: () => void) => {
      most = Math.max(most, looks)
      looks = 0
      return systemClock.immediate(work)
    },
  }
  const counting = new Proxy(admin, {
    get(of, name) {
      if (name === 'clock') return clock
      const value = Reflect.get(of, name, of) as unknown
      if (name !== 'ask') return typeof value === 'function' ? value.bind(of) : value
      return (to: never, api: { readonly name: string }, request: unknown, ...more: never[]) => {
        // Of all that are moving it may ask: few are.
        const isFew = api.name === 'ListPartitionReassignments'
        asked.push({ api: api.name, partitions: isFew ? 0 : partitionsIn(request) })
        return (of.ask as (...all: unknown[]) => unknown).call(of, to, api, request, ...more)
      }
    },
  })
  const own = await new TopicList(admin, null).all()
  const many = Array.from({ length: 30_000 }, (_, n) => ({
    ...{ name: `none-${n}`, internal: false },
    get partitions() {
      looks++
      return []
    },
  }))
  const list = new TopicList(counting, () => [...own, ...many])
  const directories = new DirectoryList(counting)
  const [broker] = await brokerRows(counting, list, directories)
  t.match(broker, { leads: 703, replicas: 703, underReplicated: 0, directories: { length: 1 } })
  t.ok(broker!.directories![0]!.bytes > 50, 'all pieces count')
  const askedBefore = asked.length
  const [again] = await brokerRows(counting, list, directories)
  t.same(again!.directories![0]!.bytes, broker!.directories![0]!.bytes)
  const sizesAsked = () => asked.slice(askedBefore).filter(({ api }) => api === 'DescribeLogDirs')
  t.same(sizesAsked(), [{ api: 'DescribeLogDirs', partitions: 0 }], 'sizes of many are not asked for at once again')
  laterMs += 3_000
  await brokerRows(counting, list, directories)
  t.ok(sizesAsked().length > 4, 'but after a while')
  t.match(await replicationAnswer(counting, list, { from: 0, limit: 10 }), { partitions: 703, rows: { matching: 0 } })
  const byPartitions = { from: 0, limit: 3, filter: '', internal: false, sort: 'partitions' }
  const largest = await topicRows(counting, list, byPartitions)
  t.match(largest, { total: 30_002, rows: [{ name: 'first' }, { name: 'second' }, { name: 'none-0', records: 0 }] })
  most = Math.max(most, looks)
  t.ok(most > 0 && most <= 2_000, `${most} topics at once`)
  const rows = await topicRows(counting, new TopicList(counting, () => own), {
    ...{ from: 0, limit: 10, filter: '', internal: false, sort: '' },
  })
  t.match(rows.rows, [
    { name: 'first', records: 0 },
    { name: 'second', records: 1 },
  ])
  const partitionsMax = Math.max(...asked.map(({ partitions }) => partitions))
  t.ok(partitionsMax > 100 && partitionsMax <= 200, `${partitionsMax} partitions at once`)
})
