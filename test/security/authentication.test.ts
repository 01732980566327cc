/** The order of a login, driven by seeds: nobody is known who has not said the right thing at the right time. */
import t from 'tap'
import { seededRandom } from '../../lib/base/random.ts'
import { Authentication, type Logins } from '../../lib/security/authentication.ts'
import { PlainExchange, passwordDigest } from '../../lib/security/plain.ts'

const users = new Map([
  ['alice', passwordDigest('secret')],
  ['bob', passwordDigest('other')],
])
const logins: Logins = {
  mechanisms: ['PLAIN', 'ALSO'],
  begin: () => new PlainExchange(users),
  sessionMsOf: mechanism => (mechanism === 'PLAIN' ? 5_000 : 0),
}
const messages = [
  '\0alice\0secret',
  '\0bob\0other',
  '\0alice\0wrong',
  '',
  '\0\0',
  'bob\0alice\0secret',
  '\0alice\0secret\0',
]
const right = new Map([
  [messages[0], 'alice'],
  [messages[1], 'bob'],
])

t.test('random steps make somebody known by the right message alone, and never somebody else later', t => {
  let known = 0
  for (let seed = 1; seed <= 3_000; seed++) {
    const random = seededRandom(seed)
    const authentication = new Authentication(logins)
    let [nowMs, user] = [0, null as string | null]
    for (let step = 0; step < 12 && authentication.state !== 'failed'; step++) {
      nowMs += random.int(2_000)
      const { state } = authentication
      if (state === 'exchange') {
        const text = messages[random.int(4) === 0 ? random.int(messages.length) : random.int(2)]!
        const outcome = authentication.message(Buffer.from(text), nowMs)
        const expected = right.get(text)
        const isGood = expected !== undefined && (user === null || user === expected)
        if ((outcome.kind === 'answered') !== isGood) t.fail(`seed ${seed}: ${JSON.stringify(text)} as ${user}`)
        if (isGood) user = expected
      } else if (state === 'versions' && random.int(3) === 0) authentication.versions()
      else if (state !== 'done' || authentication.mayRenew(nowMs)) {
        const mechanism = ['PLAIN', 'PLAIN', 'ALSO', 'NONE'][random.int(4)]!
        authentication.handshake(mechanism, random.int(2) === 0, nowMs)
      }
      if (authentication.state === 'done') {
        known++
        if (authentication.user !== user) t.fail(`seed ${seed}: ${authentication.user} is known, not ${user}`)
      }
    }
  }
  t.ok(known > 1_000, `${known} times somebody was known`)
  t.end()
})

t.test('a session by a delegation token ends with the token, or earlier where all sessions do', t => {
  const sessionOf = (tokenLifeMs: number, sessionMs: number) => {
    const authentication = new Authentication({
      mechanisms: ['SCRAM-SHA-256'],
      begin: () => ({ receive: () => ({ kind: 'user', message: Buffer.alloc(0), user: 'alice', tokenLifeMs }) }),
      sessionMsOf: () => sessionMs,
    })
    authentication.handshake('SCRAM-SHA-256', false, 0)
    const outcome = authentication.message(Buffer.alloc(0), 1_000)
    const told = outcome.kind === 'answered' ? outcome.sessionMs : null
    const ends = [1_000, 3_999, 4_000, 7_000].find(nowMs => authentication.isOver(nowMs))
    return { told, ends, isByToken: authentication.isByToken }
  }
  t.same(sessionOf(3_000, 0), { told: 3_000, ends: 4_000, isByToken: true })
  t.same(sessionOf(6_000, 3_000), { told: 3_000, ends: 4_000, isByToken: true })
  t.same(sessionOf(3_000, 6_000), { told: 3_000, ends: 4_000, isByToken: true })
  t.same(sessionOf(-1, 6_000), { told: 0, ends: 1_000, isByToken: true }, 'of one that is good no more')
  t.end()
})

t.test('PLAIN takes any bytes, and lets in by the right ones alone', t => {
  const random = seededRandom(3)
  for (let i = 0; i < 5_000; i++) {
    const bytes = Buffer.from('\0alice\0secret')
    for (let j = random.int(3); j >= 0; j--) bytes[random.int(bytes.length)] = random.int(256)
    const reply = new PlainExchange(users).receive(bytes)
    if (reply.kind === 'user' && !['\0alice\0secret'].includes(bytes.toString())) t.fail(bytes.toString('hex'))
  }
  t.pass('all refused')
  t.end()
})
