/** 100,000 topics by the console's interface: each page costs little, whatever is behind it. */
import t from 'tap'
import { systemClock } from '../../lib/base/clock.ts'
import { TopicList, topicRows } from '../../lib/console/topics.ts'
import { adminOf } from './served.ts'

const count = 100_000
const partition = { index: 0, leader: 1, replicas: [1], isr: [1] }
let looks = 0
const topics = Array.from({ length: count }, (_, n) => ({
  name: `topic-${String(n).padStart(6, '0')}`,
  get internal() {
    looks++
    return n % 1_000 === 0
  },
  partitions: n === 77_777 ? [partition, { ...partition, index: 1, isr: [] }] : [partition],
}))

t.test('a page of 100,000 topics asks the brokers for its own rows alone', async t => {
  const admin = adminOf('127.0.0.1:1')
  const asked: number[] = []
  // Nobody is there to be asked: what is asked for is counted.
  Object.assign(admin, {
    metadata: async (names: readonly string[] = []) => {
      asked.push(names.length)
      const of = (name: string) =>
        [name, { name, topicId: '', errorCode: 3, isInternal: false, partitions: [] }] as const
      return { clusterId: '', controllerId: 1, brokers: [], topics: new Map(names.map(of)) }
    },
  })
  const list = new TopicList(admin, () => topics)
  const page = (asking: object) =>
    topicRows(admin, list, { from: 0, limit: 50, filter: '', internal: false, sort: '', ...asking })
  t.match(await page({}), {
    total: count - 100,
    matching: count - 100,
    rows: { length: 50, 0: { name: 'topic-000001', records: null } },
  })
  looks = 0
  t.match(await page({ from: 50 }), { total: count - 100, rows: { length: 50, 0: { name: 'topic-000051' } } })
  t.ok(looks <= 100, `${looks} topics were looked at for the next page`)
  t.match(await page({ from: 99_000, internal: true }), { total: count, rows: [{ name: 'topic-099000' }] })
  t.match(await page({ filter: 'TOPIC-0777' }), { matching: 100, rows: [{ name: 'topic-077700' }] })
  t.match(await page({ sort: 'partitions' }), { rows: [{ name: 'topic-077777', partitions: 2, underReplicated: 1 }] })
  t.match(await page({ sort: 'partitions', from: 1 }), { rows: [{ name: 'topic-000001' }] })
  t.match(await page({ filter: 'none' }), { matching: 0, rows: [] })
  t.ok(Math.max(...asked) <= 50, `it asked for at most ${Math.max(...asked)} topics at once`)
  const begunMs = systemClock.monotonicMs()
  for (let n = 0; n < 10; n++) await page({ filter: `9${n}9` })
  t.comment(`${((systemClock.monotonicMs() - begunMs) / 10).toFixed(1)} ms a page`)
})
