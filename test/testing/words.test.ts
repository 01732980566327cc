/** Breaking and watching over HTTP, and `ottla await`. */
import t from 'tap'
import { awaitState } from '../../lib/cli/await.ts'
import { runHere } from '../cli/tools/cluster.ts'
import { Bench, send } from './kafkajs.ts'

async function speak(http: string, method: string, path: string, body?: object) {
  const answer = await fetch(`http://${http}/testing/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

t.test('faults are put in force, looked at, waited for, verified and taken away', async t => {
  const bench = await Bench.start(t, { http: 0 })
  const http = bench.kit.http!
  const added = await speak(http, 'POST', 'faults', {
    ...{ api: 'Produce', clientId: '/^app/', topic: 'orders', partition: 0, times: 1 },
    ...{ error: 'NOT_ENOUGH_REPLICAS', delay: 1 },
  })
  t.match(added, { status: 200, body: { id: 1, hits: 0, unseen: 0, description: /Produce of client .*orders-0/ } })
  t.match(await speak(http, 'POST', 'verify'), { status: 409, body: { missed: [{ id: 1, hits: 0, nearest: null }] } })
  t.match(await speak(http, 'POST', 'await', { fault: 1, timeoutMs: 10 }), {
    status: 408,
    body: { seen: 'met 0 times' },
  })
  const producer = await bench.producer()
  await send(producer, 0, 'a')
  t.match(await speak(http, 'POST', 'await', { fault: 1 }), { status: 200 })
  t.match(await speak(http, 'POST', 'verify'), { status: 200 })
  t.match(await speak(http, 'GET', 'faults/1'), { status: 200, body: { hits: 1 } })
  t.match(await speak(http, 'DELETE', 'faults/1'), { status: 200 })
  t.match(await speak(http, 'GET', 'faults/1'), { status: 404 })
  await speak(http, 'POST', 'faults', { duplicate: true })
  t.match(await speak(http, 'GET', 'faults'), { body: { faults: [{ id: 2, description: /happens twice/ }] } })
  await speak(http, 'DELETE', 'faults')
  t.same((await speak(http, 'GET', 'faults')).body, { faults: [] })
})

t.test('what makes no sense is refused with a sentence', async t => {
  const { kit } = await Bench.start(t, { http: 0 })
  const refused = [
    ['faults', { api: 'Prodcue', delay: 1 }, /no API 'Prodcue'/],
    ['faults', { api: 'Heartbeat', error: 'MESSAGE_TOO_LARGE' }, /never answers/],
    ['faults', { api: 'Heartbeat' }, /takes one of/],
    ['faults', { error: 'NOT_COORDINATOR', lose: 'answer' }, /do not go together/],
    ['faults', { lose: 'answer', when: 'before' }, /when does not go with lose/],
    ['faults', { lose: 'everything' }, /takes request or answer/],
    ['faults', { topic: '/(/', delay: 1 }, /is no pattern/],
    ['faults', { topic: 5, delay: 1 }, /takes text/],
    ['faults', { n: '2', delay: 1 }, /takes a number/],
    ['faults', { errors: 'NOT_COORDINATOR' }, /takes a list/],
    ['faults', { topics: 'orders' }, /no field 'topics'/],
    ['clock/advance', {}, /by is missing/],
    ['clock/advance', { by: 'soon' }, /is no duration/],
    ['clock/set', { to: 'soon' }, /is no date/],
    ['clock/freeze', { at: true }, /takes text or a number/],
    ['await', { ready: true }, /group is missing/],
    ['await', { group: 'g', ready: true, caughtUp: true }, /do not go together/],
    ['await', { timeoutMs: 1e9 }, /takes 0 to/],
  ] as const
  for (const [path, body, error] of refused)
    t.match(await speak(kit.http!, 'POST', path, body), { status: 400, body: { error } })
  t.match(await speak(kit.http!, 'POST', 'await', { fault: 9 }), { status: 404 })
})

t.test('the clock is turned', async t => {
  const { kit } = await Bench.start(t, { http: 0 })
  const at = Date.UTC(2026, 0, 1)
  t.match(await speak(kit.http!, 'POST', 'clock/freeze', { at: '2026-01-01T00:00:00Z' }), {
    body: { now: at, frozen: true },
  })
  t.match(await speak(kit.http!, 'POST', 'clock/advance', { by: '1m', members: 'silent' }), {
    body: { now: at + 60_000, fired: Number },
  })
  t.match(await speak(kit.http!, 'POST', 'clock/set', { to: at }), { body: { now: at } })
  t.match(await speak(kit.http!, 'POST', 'clock/resume'), { body: { frozen: false } })
  t.match(await speak(kit.http!, 'GET', 'clock'), { body: { frozen: false, warnings: Array } })
})

t.test('ottla await tells by its exit code whether it came to be so', async t => {
  const bench = await Bench.start(t, { http: 0 })
  const wait = (...words: string[]) => runHere(awaitState, [...words, '--http', bench.kit.http!])
  t.match(await wait('group', 'g', 'ready', '--timeout', '10'), { code: 124, stderr: /there is no group g\n$/ })
  const producer = await bench.producer()
  await send(producer, 0, 'a')
  await bench.consumer()
  t.match(await wait('group', 'g', 'ready', '1'), { code: 0, stdout: /"clientId":"app"/ })
  t.match(await wait('group', 'g', 'caught-up'), { code: 0, stdout: /"committed":1/ })
  t.match(await wait('topic', 'orders-0', 'offset', '1'), { code: 0 })
  t.match(await wait('topic', 'orders-0', 'offset', '2', '--timeout', '10'), {
    code: 124,
    stderr: /orders-0 reaches 1/,
  })
  t.match(await wait('request', 'Produce'), { code: 0 })
  t.match(await wait('request', 'DeleteTopics', '--timeout', '10'), { code: 124, stderr: /1 Produce/ })
  t.match(await wait('request', 'Produse'), { code: 1, stderr: /there is no API 'Produse'; near are Pro/ })
  t.match(await wait('fault', '1'), { code: 1, stderr: /there is no fault 1/ })
  t.match(await runHere(awaitState, ['group', 'g', 'ready', '--http', '127.0.0.1:1']), {
    code: 1,
    stderr: /cannot be asked/,
  })
  await t.rejects(wait('group', 'g', 'happy'), /to wait for/)
  await t.rejects(wait('topic', 'orders', 'offset', '1'), /names no partition/)
  t.match(await runHere(awaitState, ['--help']), { code: 0, stdout: /124/ })
})
