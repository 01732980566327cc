/** Faults that are put in on purpose, as kafkajs meets them. */
import t from 'tap'
import { FaultVerifyError, WaitTimeoutError } from '../../lib/testing.ts'
import { Bench, send } from './kafkajs.ts'

t.test('an error meets the requests that it is meant for, and no others', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const producer = await bench.producer()
  await using fault = kit.fault({ api: 'Produce', clientId: /^app/, times: 2 }, { error: 'NOT_LEADER_OR_FOLLOWER' })
  await send(producer, 0, 'a')
  t.equal(fault.hits, 2, 'the client tried until it was served')
  t.equal(await kit.topic('orders').offset(0, 1), 1, 'what was refused was not appended')
  await fault.hit(2)
  kit.verify()
})

t.test('a fault of a partition leaves the others of the same request alone', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const producer = await bench.producer({ retry: { retries: 0 } }, {})
  await using fault = kit.fault({ api: 'Produce', topic: 'orders', partition: 1 }, { error: 'MESSAGE_TOO_LARGE' })
  const messages = [0, 1, 2].map(partition => ({ partition, value: 'x' }))
  await t.rejects(producer.send({ topic: 'orders', messages }), /larger than the max message size/)
  t.equal(fault.hits, 1)
  t.equal(await kit.topic('orders').offset(0, 1), 1)
  t.equal(await kit.topic('orders').offset(2, 1), 1)
  await t.rejects(kit.topic('orders').offset(1, 1, { timeoutMs: 20 }), /orders-1 reaches 0/)
})

t.test('errors are a queue, in which null lets a request pass', async t => {
  const bench = await Bench.start(t)
  const producer = await bench.producer()
  const errors = ['NOT_ENOUGH_REPLICAS', null, 'CORRUPT_MESSAGE'] as const
  await using fault = bench.kit.fault({ api: 'Produce' }, { errors })
  const since = bench.kit.mark()
  await send(producer, 0, 'a')
  t.equal(fault.hits, 1)
  await send(producer, 0, 'b')
  t.equal(fault.hits, 2)
  await send(producer, 0, 'c')
  t.equal(await bench.kit.request({ api: 'Produce', since, count: 5 }), 5)
  bench.kit.verify()
})

t.test('the n-th request is met, and by version, group or transactional id', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const producer = await bench.producer()
  const nth = kit.fault({ api: 'Produce', n: 2 }, { error: 'NOT_ENOUGH_REPLICAS' })
  const old = kit.fault({ api: 'Produce', version: [0, 2] }, { error: 'NOT_ENOUGH_REPLICAS' })
  await send(producer, 0, 'a')
  t.equal(nth.hits, 0)
  await send(producer, 0, 'b')
  await send(producer, 0, 'c')
  t.same([nth.hits, old.hits], [1, 0])
  const group = kit.fault({ api: 'JoinGroup', group: 'g', times: 1 }, { error: 'COORDINATOR_LOAD_IN_PROGRESS' })
  const other = kit.fault({ api: 'JoinGroup', group: 'h', times: 1 }, { error: 'COORDINATOR_LOAD_IN_PROGRESS' })
  const { read } = await bench.consumer()
  await kit.group('g').caughtUp()
  t.same(read.sort(), ['a', 'b', 'c'])
  t.same([group.hits, other.hits], [1, 0])
  const txn = kit.fault(
    { transactionalId: /^tx$/, api: 'InitProducerId', times: 1 },
    { error: 'CONCURRENT_TRANSACTIONS' },
  )
  const writer = await bench.producer({ transactionalId: 'tx', idempotent: true, maxInFlightRequests: 1 })
  const transaction = await writer.transaction()
  await transaction.send({ topic: 'orders', messages: [{ value: 'x' }] })
  await transaction.commit()
  t.equal(txn.hits, 1)
})

t.test('the first fault that fits counts', async t => {
  const bench = await Bench.start(t)
  const producer = await bench.producer()
  const first = bench.kit.fault({ api: 'Produce', times: 1 }, { error: 'NOT_ENOUGH_REPLICAS' })
  const second = bench.kit.fault({ api: 'Produce', times: 1 }, { error: 'CORRUPT_MESSAGE' })
  await send(producer, 0, 'a')
  t.same([first.hits, second.hits], [1, 1], 'the second met the next attempt')
  t.same(
    bench.kit.faults.map(({ id }) => id),
    [first.id, second.id],
  )
  first.remove()
  t.same(
    bench.kit.faults.map(({ id }) => id),
    [second.id],
  )
})

t.test('whether a request is met is drawn by the seed', async t => {
  const met: number[][] = []
  for (const seed of [7, 7, 8]) {
    const bench = await Bench.start(t, { seed })
    const producer = await bench.producer()
    const fault = bench.kit.fault({ api: 'Produce', probability: 0.5 }, { delay: 0 })
    const hits: number[] = []
    for (let i = 0; i < 24; i++) {
      await send(producer, 0, 'a')
      hits.push(fault.hits)
    }
    met.push(hits)
  }
  t.same(met[0], met[1])
  t.not(JSON.stringify(met[0]), JSON.stringify(met[2]))
  const last = met[0]!.at(-1)!
  t.ok(last > 4 && last < 20, 'about half')
})

t.test('a request is delayed before it happens, or its answer after', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const producer = await bench.producer()
  for (const when of ['before', 'after'] as const) {
    const fault = kit.fault({ api: 'Produce', times: 1 }, { delay: 1_500, when })
    const sent = send(producer, 0, when)
    await fault.hit()
    let isAnswered = false
    void sent.then(() => {
      isAnswered = true
    })
    if (when === 'before') await t.rejects(kit.topic('orders').offset(0, 1, { timeoutMs: 50 }), WaitTimeoutError)
    else await kit.topic('orders').offset(0, 2)
    t.notOk(isAnswered)
    await sent
  }
})

t.test('a lost request does not happen, and a lost answer is of one that did', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const producer = await bench.producer({ retry: { ...{ initialRetryTime: 5, maxRetryTime: 20 }, retries: 5 } })
  const request = kit.fault({ api: 'Produce', times: 1 }, { lose: 'request' })
  await send(producer, 0, 'a')
  t.equal(request.hits, 1)
  t.equal(await kit.topic('orders').offset(0, 1), 1)
  kit.fault({ api: 'Produce', times: 1 }, { lose: 'answer' })
  await send(producer, 0, 'b')
  t.equal(await kit.topic('orders').offset(0, 3), 3, 'without idempotence it is written twice')
})

t.test('a connection may stay open in silence, whether the request happened or its answer is lost', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  for (const lose of ['request', 'answer'] as const) {
    const producer = await bench.producer(
      { retry: { retries: 0 } },
      { requestTimeout: 1_000, enforceRequestTimeout: true },
    )
    // biome-ignore lint/suspicious/noThenProperty: the kit's word for what comes next
    await using fault = kit.fault({ api: 'Produce', times: 1 }, { lose, then: 'stall' })
    await t.rejects(send(producer, 0, lose), /timed out/)
    await t.rejects(send(producer, 0, 'later'), /timed out/, 'nor is anything after it')
    t.equal(fault.hits, 1)
    const happened = kit.topic('orders').offset(0, 1, { timeoutMs: 20 })
    if (lose === 'request') await t.rejects(happened)
    else t.equal(await happened, 1)
  }
  await send(await bench.producer(), 1, 'by another connection')
})

t.test('a duplicate is applied twice and answered once', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const plain = await bench.producer()
  await using fault = kit.fault({ api: 'Produce' }, { duplicate: true })
  const [{ baseOffset } = {}] = await send(plain, 0, 'a', 'b')
  t.equal(baseOffset, '2', 'the answer is to the second')
  t.equal(await kit.topic('orders').offset(0, 4), 4)
  const careful = await bench.producer({ idempotent: true, maxInFlightRequests: 1 })
  await send(careful, 1, 'a')
  t.equal(fault.hits, 2)
  t.equal(await kit.topic('orders').offset(1, 1), 1)
  await t.rejects(
    kit.topic('orders').offset(1, 2, { timeoutMs: 20 }),
    'an idempotent producer’s records are known again',
  )
  fault.remove()
  const { read } = await bench.consumer()
  await kit.group('g').caughtUp()
  t.same(read.sort(), ['a', 'a', 'a', 'b', 'b'])
})

t.test('an answer is cut off, or a byte of it is another', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const producer = await bench.producer()
  const cut = kit.fault({ api: 'Produce', times: 1 }, { truncate: 9 })
  await send(producer, 0, 'a')
  t.equal(cut.hits, 1)
  t.equal(await kit.topic('orders').offset(0, 2), 2, 'the client sent it again')
  // The low byte of the error code, behind the name of the topic and the index of the partition.
  kit.fault({ api: 'Produce', partition: 1 }, { corrupt: 25 })
  await t.rejects(send(await bench.producer({ retry: { retries: 0 } }), 1, 'b'), /unknown/i)
  t.equal(await kit.topic('orders').offset(1, 1), 1)
})

t.test('a fetch of one partition fails, and those of others go on', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const { read } = await bench.consumer()
  await kit.group('g').ready(1)
  const fault = kit.fault({ api: 'Fetch', topic: 'orders', partition: 0 }, { error: 'REPLICA_NOT_AVAILABLE' })
  const producer = await bench.producer()
  await fault.hit()
  await Promise.all([send(producer, 0, 'zero'), send(producer, 1, 'one')])
  fault.remove()
  await kit.group('g').caughtUp()
  t.same(read.sort(), ['one', 'zero'])
})

t.test('with acks=0 an error closes the connection, and what nobody could see is counted', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const producer = await bench.producer()
  const shot = (partition: number) =>
    producer.send({ topic: 'orders', acks: 0, messages: [{ partition, value: 'x' }] }).catch(() => {})
  await shot(0)
  await kit.topic('orders').offset(0, 1)
  const error = kit.fault({ api: 'Produce', times: 1 }, { error: 'NOT_LEADER_OR_FOLLOWER' })
  await shot(0)
  await error.hit()
  t.equal(error.unseen, 0)
  error.remove()
  const delay = kit.fault({ api: 'Produce', times: 1 }, { delay: 1, when: 'after' })
  await send(producer, 1, 'connected again')
  delay.remove()
  const unseen = kit.fault({ api: 'Produce', times: 1 }, { delay: 1, when: 'after' })
  await shot(2)
  await unseen.hit()
  t.equal(unseen.unseen, 1)
  t.equal(await kit.topic('orders').offset(0, 1), 1, 'what was refused was not appended')
})

t.test('verify says which faults met less than was meant, and what came near', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const producer = await bench.producer()
  kit.verify()
  kit.fault({ api: 'Produce', topic: 'orders', partition: 2 }, { error: 'NOT_ENOUGH_REPLICAS' })
  kit.fault({ api: 'AlterConfigs' }, { error: 'NOT_CONTROLLER' })
  await send(producer, 0, 'a')
  const error = (() => {
    try {
      kit.verify()
      return null
    } catch (thrown) {
      return thrown
    }
  })()
  t.ok(error instanceof FaultVerifyError)
  t.match(error, {
    missed: [
      { hits: 0, nearest: /^Produce version \d+ of 'app': its partition is '0'$/ },
      { hits: 0, nearest: null },
    ],
    message: /Produce to orders-2: NOT_ENOUGH_REPLICAS: met 0 times; nearest was Produce/,
  })
  await t.rejects(kit.faults[0]!.hit(1, { timeoutMs: 10 }), /met 0 times; nearest was Produce/)
})

t.test('what makes no sense is refused', async t => {
  const { kit } = await Bench.start(t)
  t.throws(() => kit.fault({ api: 'Prodcue' }, { delay: 1 }), { message: /no API 'Prodcue'; near are Produce/ })
  t.throws(() => kit.fault({ api: 'Heartbeat' }, { error: 'MESSAGE_TOO_LARGE' }), {
    message: /Heartbeat never answers/,
  })
  t.equal(kit.fault({ api: 'Heartbeat' }, { error: 'MESSAGE_TOO_LARGE', force: true }).hits, 0)
  t.throws(() => kit.fault({}, { error: 'NOT_A_LEADER' as never }), { message: /no error 'NOT_A_LEADER'/ })
  t.throws(() => kit.fault({}, { error: 999 }), { message: /no error '999'/ })
  t.throws(() => kit.fault({}, {} as never), { message: /takes one of error/ })
  t.throws(() => kit.fault({ n: 0 }, { delay: 1 }), { message: /n is 0/ })
  t.throws(() => kit.fault({ probability: 2 }, { delay: 1 }), { message: /probability is 2/ })
})
