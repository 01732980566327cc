/** Records by the console's interface: from both ends, page by page, by offset and time, through filters, and as they come. */
import t from 'tap'
import { Producer } from '../../lib/client/producer.ts'
import type { Bytes, RecordAnswer, RecordsAnswer, Refusal } from '../../lib/console/answers.ts'
import { served } from './served.ts'

const said = (bytes: Bytes | null) => bytes && Buffer.from(bytes.base64, 'base64').toString()
const values = ({ records }: RecordsAnswer) => records.map(({ value }) => said(value))
const places = ({ records }: RecordsAnswer) => records.map(({ partition, offset }) => `${partition}:${offset}`)
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

t.test('pages from the newest back, and from the oldest on, tell every record once', async t => {
  const { ask, send } = await served(t, { topics: { orders: 3 } })
  // Each partition has its own stretch of time, so that the order over all of them can be told.
  await send(
    'orders',
    numbers(0, 300).map(n => ({ value: `${n}`, partition: n % 3, timestamp: 1_700_000_000_000 + n })),
  )
  for (const [order, wanted] of [
    ['newest', numbers(0, 300).reverse()],
    ['oldest', numbers(0, 300)],
  ] as const) {
    const all: (string | null)[] = []
    let cursor = ''
    for (let page = 0; page < 20; page++) {
      const { body } = await ask<RecordsAnswer>(`topics/orders/records?order=${order}&limit=37${cursor}`)
      all.push(...values(body))
      if (body.looked.ended === 'all' || body.cursor === null) break
      cursor = `&cursor=${body.cursor}`
    }
    t.same(all, wanted.map(String), `${order} first, by their times`)
  }
  const { body } = await ask<RecordsAnswer>('topics/orders/records?partitions=1&limit=2')
  t.same(places(body), ['1:99', '1:98'], 'of one partition')
  t.same(body.looked.partitions, [{ partition: 1, start: 0, end: 100, at: 98 }], 'and how far it looked')
})

t.test('records are found by their offset and by their time, in either direction', async t => {
  const { ask, send } = await served(t, { topics: { orders: 1 } })
  await send(
    'orders',
    numbers(0, 50).map(n => ({ value: `${n}`, timestamp: 1_700_000_000_000 + 1_000 * n })),
  )
  const found = async (query: string) => values((await ask<RecordsAnswer>(`topics/orders/records?${query}`)).body)
  t.same(await found('order=oldest&start=offset:10&limit=3'), ['10', '11', '12'])
  t.same(await found('order=newest&start=offset:10&limit=3'), ['10', '9', '8'])
  t.same(await found('order=oldest&start=time:1700000020500&limit=2'), ['21', '22'])
  t.same(await found('order=newest&start=time:1700000020500&limit=2'), ['20', '19'], 'what was before that time')
  t.same(await found('order=oldest&start=time:1800000000000'), [], 'nothing is as late as that')
  t.same(await found('order=oldest&start=offset:9000'), [], 'nor as far')
})

t.test('null, empty and text are told apart, and so are bytes that are no text', async t => {
  const { ask, send } = await served(t, { topics: { odd: 1 } })
  const binary = Buffer.from([0, 255, 128, 10])
  await send('odd', [
    { key: null, value: null },
    { key: '', value: '' },
    {
      key: 'k',
      value: binary,
      headers: [
        { key: 'h', value: null },
        { key: 'h', value: binary },
      ],
    },
  ])
  const { body } = await ask<RecordsAnswer>('topics/odd/records?order=oldest')
  const nothing = { length: 0, base64: '' }
  t.match(body.records, [
    { key: null, value: null, headers: [], headerCount: 0, timeOf: 'producer' },
    { key: nothing, value: nothing },
    { key: { length: 1 }, value: { length: 4, base64: 'AP+ACg==' }, headerCount: 2 },
  ])
  t.same(body.records[2]!.headers, [
    { key: 'h', value: null },
    { key: 'h', value: { length: 4, base64: 'AP+ACg==' } },
  ])
  const one = await ask<RecordAnswer>('topics/odd/partitions/0/records/2')
  t.same(one.body, body.records[2], 'one by itself tells the same')
  const value = await ask<Buffer>('topics/odd/partitions/0/records/2/value')
  t.ok(value.body.equals(binary), 'and its bytes can be had')
  t.match(
    value.headers.get('content-disposition'),
    /^attachment; filename="odd-0-2-value\.bin"$/,
    'to be saved, not shown',
  )
  t.equal(value.headers.get('content-type'), 'application/octet-stream')
  t.ok((await ask<Buffer>('topics/odd/partitions/0/records/2/header?index=1')).body.equals(binary))
  t.match(await ask<Refusal>('topics/odd/partitions/0/records/0/value'), {
    status: 400,
    body: { error: /has no value/ },
  })
  t.match(await ask<Refusal>('topics/odd/partitions/0/records/9'), {
    status: 400,
    body: { error: /no record of odd-0/ },
  })
  t.match(await ask<Refusal>('topics/odd/partitions/7/records/0'), { status: 404 })
})

t.test('of a value of 10 MB the list tells the beginning, and it can be had as a whole', async t => {
  const large = Buffer.alloc(10_000_000, 'abcdefghij')
  const topics = { large: { partitions: 1, config: { 'max.message.bytes': '20000000' } } }
  const { ask, send } = await served(t, { topics })
  await send('large', [{ value: 'before' }, { value: large }, { value: large }, { value: 'behind' }])
  const { body } = await ask<RecordsAnswer>('topics/large/records')
  t.same(
    body.records.map(({ value }) => [value!.length, value!.base64.length]),
    [
      [6, 8],
      [10_000_000, 1_368],
      [10_000_000, 1_368],
      [6, 8],
    ],
  )
  const one = await ask<RecordAnswer>('topics/large/partitions/0/records/1')
  t.equal(Buffer.from(one.body.value!.base64, 'base64').length, 262_144, 'a page of details tells more')
  const whole = await ask<Buffer>('topics/large/partitions/0/records/1/value')
  t.ok(whole.body.equals(large))
  const found = await ask<RecordsAnswer>('topics/large/records?test=equals&place=value&text=before')
  t.same(values(found.body), ['before'], 'a search goes through them')
})

t.test('a filter looks at key, value and headers, and says how far it looked', async t => {
  const { ask, send } = await served(t, { topics: { orders: 2 } })
  await send(
    'orders',
    numbers(0, 3_000).map(n => ({
      key: `customer-${n % 100}`,
      value: `{"id": ${9_007_199_254_740_991n + BigInt(n)}, "lines": [{"sku": "A-${n}", "count": ${n}}]}`,
      headers: [{ key: 'trace', value: Buffer.from(`t${n}`) }],
      partition: n % 2,
      timestamp: 1_700_000_000_000 + n,
    })),
  )
  const search = async (filter: Record<string, string>, rest = '') => {
    const query = new URLSearchParams(filter)
    return (await ask<RecordsAnswer>(`topics/orders/records?limit=500&${query}${rest}`)).body
  }
  const exact = await search({ place: 'value', test: 'equals', path: 'id', text: '9007199254740993' })
  t.same(places(exact), ['0:1'], 'a number above 2⁵³ is not taken for its neighbour')
  t.match(exact.looked, { ended: 'all', records: 3_000 })
  t.same(places(await search({ place: 'value', test: 'contains', text: '"A-77"' })), ['1:38'])
  t.same(places(await search({ place: 'header', test: 'equals', header: 'trace', text: 't2999' })), ['1:1499'])
  t.same(places(await search({ place: 'header', test: 'equals', header: 'other', text: 't2999' })), [])
  t.equal((await search({ place: 'key', test: 'equals', text: 'customer-5' })).records.length, 30)
  t.same(places(await search({ place: 'value', test: 'greater', path: 'lines[0].count', text: '2997.5' })), [
    '1:1499',
    '0:1499',
  ])
  t.equal((await search({ test: 'null', place: 'value' })).records.length, 0)
  t.equal((await search({ test: 'starts', place: 'key', text: 'customer-1' })).records.length, 330)
  const part = await search({ test: 'contains', text: 'customer' }, '&limit=10')
  t.match(part.looked, { ended: 'enough' })
  t.ok(part.looked.records < 3_000, 'what is enough is not looked for any further')
  for (const wrong of [
    'test=eval',
    'place=code&test=equals',
    'test=equals&path=a..b',
    'test=less&text=x',
    'partitions=a',
    'cursor=!',
    'start=offset:x',
  ]) {
    t.match(await ask<Refusal>(`topics/orders/records?${wrong}`), { status: 400 }, wrong)
  }
})

t.test('records are told as they come, those too that come to partitions that were empty', async t => {
  const { ask, send } = await served(t, { topics: { orders: 2 } })
  await send('orders', [{ value: 'before', partition: 0 }])
  const first = (await ask<RecordsAnswer>('topics/orders/records?order=oldest&start=end')).body
  t.same(values(first), [])
  const waiting = ask<RecordsAnswer>(`topics/orders/records?order=oldest&wait=8000&cursor=${first.cursor}`)
  await send('orders', [{ value: 'came', partition: 1 }])
  const { body } = await waiting
  t.same(values(body), ['came'])
  const quiet = await ask<RecordsAnswer>(`topics/orders/records?order=oldest&wait=1&cursor=${body.cursor}`)
  t.same(values(quiet.body), [], 'a wait ends without any, too')
})

t.test('what a transaction has not committed is left out where that is asked for', async t => {
  const { ask, admin } = await served(t, { topics: { orders: 1 } })
  const producer = new Producer({ routes: admin, transactionalId: 'writer' })
  await producer.find('orders')
  const send = (value: string) => producer.send('orders', { timestamp: 1, key: null, value: Buffer.from(value) })
  await producer.begin()
  send('aborted')
  await producer.flush()
  await producer.abort()
  await producer.begin()
  send('committed')
  await producer.commit()
  await producer.begin()
  send('open')
  await producer.flush()
  t.same(values((await ask<RecordsAnswer>('topics/orders/records')).body), ['open', 'committed', 'aborted'])
  t.same(values((await ask<RecordsAnswer>('topics/orders/records?committed=1')).body), ['committed'])
  const listed = await ask('transactions?filter=WRI')
  t.match(listed.body, { total: 1, rows: [{ transactionalId: 'writer', state: 'Ongoing' }] })
  t.match((await ask('transactions/writer')).body, { partitions: [{ topic: 'orders', partition: 0 }] })
  t.match(await ask('transactions/writer/abort', { method: 'POST' }), { status: 200 })
  t.match((await ask('transactions/writer')).body, { state: 'Empty', partitions: [] })
  t.match(await ask('transactions/nobody'), { status: 404 })
  producer.destroy()
})
