/** What stands behind a page of the console may be much: it is looked at in pieces, and brokers are asked for little at once. */
import t from 'tap'
import { systemClock } from '../../lib/base/clock.ts'
import { brokerRows, replicationAnswer } from '../../lib/console/brokers.ts'
import { TopicList, topicRows } from '../../lib/console/topics.ts'
import { served } from './served.ts'

const partitionsIn = (body: unknown): number => {
  const { topics } = body as { topics?: readonly { readonly partitions?: readonly unknown[] }[] | null }
  if (topics === null) return Number.POSITIVE_INFINITY
  return (topics ?? []).reduce((sum, { partitions }) => sum + (partitions?.length ?? 0), 0)
}

t.test('brokers are asked for few partitions at once, and others go on between many topics', async t => {
  const { admin, send } = await served(t, { topics: { first: 700, second: { partitions: 3 } } })
  await send('second', [{ value: 'x' }])
  const asked: { api: string; partitions: number }[] = []
  let [looks, most] = [0, 0]
  const clock = {
    ...systemClock,
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
  const [broker] = await brokerRows(counting, list)
  t.match(broker, { leads: 703, replicas: 703, underReplicated: 0, directories: { length: 1 } })
  t.ok(broker!.directories![0]!.bytes > 50, 'all pieces count')
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
