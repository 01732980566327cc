/** The judge of conformance must be able to say no: what counts in an answer, and what a case may declare. */
import t from 'tap'
import type { Case, Difference } from '../../conformance/cases/case.ts'
import { caseGroups } from '../../conformance/cases/index.ts'
import { comparable, type Plain } from '../../conformance/compare.ts'
import { inCommon, judgedByRecord, passesOf } from '../../conformance/judge.ts'
import { kafkaVersion, oldKafkaVersion } from '../../conformance/kafka.ts'
import { readGroup, readOffered } from '../../conformance/recorded.ts'
import { handlers } from '../../lib/handlers/index.ts'

/** One answer as it is compared. */
function masked(answer: unknown, run = 'run'): Plain {
  return comparable([answer], run)[0]!
}

function judged(ours: Plain, theirs: Plain, differs: readonly Difference[] = []): string[] {
  return judgedByRecord(differs, { [kafkaVersion]: { 'Fetch v4': ours } }, { [kafkaVersion]: { 'Fetch v4': theirs } })
}

t.test('sentences, times and addresses are masked, and whether there are any is not', async t => {
  t.same(masked({ errorMessage: 'no' }), masked({ errorMessage: 'never' }))
  t.not(masked({ errorMessage: 'no' }), masked({ errorMessage: null }))
  t.same(masked({ errorMessage: null, host: '', sessionId: 0, totalBytes: -1 }), {
    errorMessage: null,
    host: '',
    sessionId: 0,
    totalBytes: -1,
  })
  t.same(masked({ host: 'a', sessionId: 7, totalBytes: 9n }), {
    host: '<host>',
    sessionId: '<sessionId>',
    totalBytes: '<totalBytes>',
  })
  t.same(masked({ appendTimeMs: 1_800_000_000_000, timestamp: -1 }), { appendTimeMs: '<now>', timestamp: -1 })
  t.same(masked({ name: 'topic-run' }), { name: 'topic-<run>' })
})

t.test('the same id has the same name in all answers, and another id another', async t => {
  const answers = comparable([{ memberId: 'x' }, [{ memberId: 'y' }, { leader: 'x' }], { memberId: '' }], 'run')
  t.same(answers, [
    { memberId: '<memberId 1>' },
    [{ memberId: '<memberId 2>' }, { leader: '<memberId 1>' }],
    { memberId: '' },
  ])
})

t.test('one other error code is a difference, and it is said where', async t => {
  const lines = judged({ partitions: [{ errorCode: 3 }] }, { partitions: [{ errorCode: 0 }] })
  t.same(lines, [`Kafka ${kafkaVersion}: Fetch v4, partitions[0].errorCode: 3 against 0`])
  t.same(judged({ errorCode: 3 }, { errorCode: 3 }), [])
})

t.test('an answer that only one of both gave is a difference', async t => {
  const answers = { 'Fetch v4': { errorCode: 0 } }
  t.match(judgedByRecord([], { [kafkaVersion]: answers }, {}), [/Kafka was not asked this/])
  t.match(judgedByRecord([], {}, { [kafkaVersion]: answers }), [/we were not/])
  t.match(judgedByRecord([], { [kafkaVersion]: answers }, { [oldKafkaVersion]: answers }), [/not asked/, /were not/])
})

t.test('a declared difference passes as long as it is one, and is exactly that', async t => {
  const known = { answer: 'Fetch v*', path: '*.errorCode', ours: 3, reason: 'on purpose' }
  t.same(judged({ a: { errorCode: 3 } }, { a: { errorCode: 0 } }, [known]), [])
  t.match(judged({ a: { errorCode: 4 } }, { a: { errorCode: 0 } }, [known]), [
    /4 against 0/,
    /declared and no difference/,
  ])
  t.match(judged({ a: { errorCode: 0 } }, { a: { errorCode: 0 } }, [known]), [/declared and no difference/])
  t.match(judged({ a: { errorCode: 3, b: 1 } }, { a: { errorCode: 0, b: 2 } }, [known]), [/a\.b: 1 against 2/])
})

t.test('the newest Kafka judges what it speaks, and an old one the versions that were dropped', async t => {
  const { now, dropped } = passesOf(
    { Fetch: [4, 18], Produce: [0, 13], New: [0, 1] },
    { Fetch: [0, 17], Produce: [0, 11] },
  )
  t.same(now.asked, { Fetch: [4, 18], Produce: [3, 13], New: [0, 1] })
  t.same(dropped.asked, { Fetch: [0, 3], Produce: [0, 2] })
  t.same(dropped.spoken, { Fetch: [0, 17], Produce: [0, 11] })
  t.same(inCommon({ Fetch: [0, 9], Old: [0, 0] }, { Fetch: [4, 18] }), { Fetch: [4, 9] })
})

t.test('odd values are asked of every API that is served here and by Apache Kafka', async t => {
  const names = Object.values(caseGroups).flatMap(cases => cases.map(({ name }) => name))
  const offered = Object.keys(readOffered()[kafkaVersion] ?? {})
  const without = handlers
    .map(({ api }) => api.name)
    .filter(name => offered.includes(name) && !names.includes(`odd values in ${name}`))
  t.same(without, [], 'give each a good request in conformance/cases/odd, of which its variants are made')
})

t.test('every case is recorded, and nothing is recorded of cases that are gone', async t => {
  const offered = readOffered()
  t.ok(offered[kafkaVersion] && offered[oldKafkaVersion])
  const names = (cases: readonly Case[]) => cases.map(({ name }) => name)
  for (const [group, cases] of Object.entries(caseGroups)) {
    t.same(Object.keys(readGroup(group)), names(cases), `npm run conformance -- driver WORD --record (${group})`)
  }
  const all = Object.values(caseGroups).flatMap(names)
  t.equal(new Set(all).size, all.length, 'no two cases of the same name')
})
