/** A session with etcd by the clock: how long its last word counts. */
import t from 'tap'
import { silentLogger } from '../../lib/base/logger.ts'
import type { Gateway } from '../../lib/metadata/etcd/gateway.ts'
import { EtcdSession } from '../../lib/metadata/etcd/lease.ts'
import { ManualClock } from '../../lib/testing/clock.ts'

const ttlMs = 9_000
const roundMs = ttlMs / 3

/** A session whose keep-alives and writes are answered as long as the test lets them be, at once or so much later. */
function sessionBy(clock: ManualClock) {
  const answers = { keepAlives: true, writes: true, lateMs: 0 }
  let told = 0
  const answer = <T>(isAnswered: boolean, value: T) =>
    isAnswered
      ? new Promise<T>(resolve => clock.schedule(answers.lateMs, () => resolve(value)))
      : new Promise<T>(() => {})
  const gateway = { call: (path: string) => answer(answers.keepAlives || !path.endsWith('keepalive'), alive) }
  const alive = { result: { TTL: '9' } }
  const session = new EtcdSession({
    ...{ id: '1', ttlMs, grantedAtMs: clock.monotonicMs(), clock, logger: silentLogger },
    gateway: gateway as unknown as Gateway,
    prove: () => answer(answers.writes, clock.monotonicMs()),
  })
  session.onEnd(() => told++)
  return { session, answers, told: () => told }
}

async function turn(): Promise<void> {
  await new Promise(resolve => setImmediate(resolve))
}

t.test('it goes on for as long as keep-alives and writes are answered', async t => {
  const clock = new ManualClock()
  const { session, told } = sessionBy(clock)
  await clock.advanceWith(20 * ttlMs, turn)
  t.notOk(session.ended)
  t.equal(told(), 0)
})

for (const [name, stuck] of [
  ['nothing is answered any more', { keepAlives: false, writes: false }],
  ['keep-alives are not answered', { keepAlives: false }],
  ['nothing that is written is seen', { writes: false }],
] as const) {
  t.test(`where ${name} it ends as long after the last word that was answered as the lease lasts`, async t => {
    const clock = new ManualClock()
    const { session, answers, told } = sessionBy(clock)
    await clock.advanceWith(4 * roundMs, turn)
    Object.assign(answers, stuck)
    await clock.advanceWith(ttlMs - 1, turn)
    t.notOk(session.ended)
    t.equal(told(), 0)
    clock.pass(1)
    t.ok(session.ended, 'whoever asks sees it before a timer does')
    await clock.advanceWith(0, turn)
    t.equal(told(), 1, 'once')
    await clock.advanceWith(ttlMs, turn)
    t.equal(told(), 1)
  })
}

t.test('time counts from when a word was sent, not from its answer', async t => {
  const clock = new ManualClock()
  const { session, answers } = sessionBy(clock)
  answers.lateMs = 500
  await clock.advanceWith(roundMs + 500, turn)
  Object.assign(answers, { keepAlives: false })
  await clock.advanceWith(ttlMs - 501, turn)
  t.notOk(session.ended)
  clock.pass(1)
  t.ok(session.ended)
})
