/** Who may do what: single rules by sentences, and many of them against an evaluator that looks at every rule. */
import t from 'tap'
import { createLogger } from '../../lib/base/logger.ts'
import { seededRandom, systemRandom } from '../../lib/base/random.ts'
import { type Acl, aclKey, operations, patternTypes, permissions } from '../../lib/cluster/acls.ts'
import { Authorizer } from '../../lib/security/authorizer.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { rule } from '../acl-rule.ts'
import { naiveAnswer, naiveAnyAnswer, randomAcl, randomQuestion } from './random-acls.ts'

const alice = { principal: 'User:alice', remoteAddress: '10.0.0.1' }
const handlers = new Map([[0, { api: { name: 'Produce' } }]])

function authorizer(
  rules: readonly Acl[],
  { superUsers = [], allowsWithoutRules = false }: { superUsers?: string[]; allowsWithoutRules?: boolean } = {},
) {
  const clock = new ManualClock()
  const lines: string[] = []
  const logger = createLogger('info', { clock, write: line => void lines.push(line) })
  const made = new Authorizer({ superUsers: new Set(superUsers), allowsWithoutRules, clock, logger, handlers })
  made.apply({ aclsAdded: rules, aclsRemoved: [] })
  const may = (
    operation: Parameters<typeof made.authorize>[1],
    name = 'orders',
    connection = alice,
    type: Parameters<typeof made.authorize>[2] = 'topic',
  ) => made.authorize({ connection, apiKey: 0 }, operation, type, name)
  const mayAny = (operation: Parameters<typeof made.authorizeAny>[1], connection = alice) =>
    made.authorizeAny({ connection, apiKey: 0 }, operation, 'topic')
  return { made, may, mayAny, lines, clock }
}

const deny = { permissionType: permissions.deny }
const prefixed = { patternType: patternTypes.prefixed }

t.test('what no rule allows is denied', async t => {
  const { may } = authorizer([rule()])
  t.ok(may('read'))
  t.notOk(may('write'))
  t.notOk(may('read', 'order'))
  t.notOk(may('read', 'orders2'), 'a literal name is the whole name')
  t.notOk(may('read', 'orders', alice, 'group'), 'another kind')
  t.notOk(may('read', 'orders', { ...alice, principal: 'User:bob' }))
  t.notOk(may('read', 'orders', { ...alice, principal: 'Group:alice' }))
})

t.test('a rule that denies wins, wherever it stands', async t => {
  for (const denying of [
    rule(deny),
    rule({ ...deny, ...prefixed, resourceName: 'ord' }),
    rule({ ...deny, resourceName: '*' }),
  ]) {
    for (const rules of [
      [rule(), denying],
      [denying, rule()],
    ])
      t.notOk(authorizer(rules).may('read'))
  }
  t.notOk(authorizer([rule(), rule({ ...deny, principal: 'User:*' })]).may('read'))
  t.notOk(authorizer([rule({ principal: 'User:*' }), rule(deny)]).may('read'))
  t.ok(authorizer([rule(), rule({ ...deny, operation: operations.write })]).may('read'), 'of another operation')
  t.notOk(authorizer([rule(), rule({ ...deny, operation: operations.all })]).may('read'), 'of all operations')
})

t.test('a prefixed rule holds for all names that begin so', async t => {
  const { may } = authorizer([rule({ ...prefixed, resourceName: 'or' }), rule({ ...prefixed, resourceName: 'p' })])
  t.ok(may('read', 'or'))
  t.ok(may('read', 'orders'))
  t.notOk(may('read', 'o'))
  t.notOk(may('read', 'os'))
  t.notOk(authorizer([rule({ ...prefixed, resourceName: '*' })]).may('read'), 'an asterisk is then a character')
})

t.test('a rule for everybody is for users, of any type', async t => {
  const { may } = authorizer([rule({ principal: 'User:*' })])
  t.ok(may('read', 'orders', { ...alice, principal: 'User:ANONYMOUS' }))
  t.ok(may('read', 'orders', { ...alice, principal: 'Group:staff' }))
  t.notOk(authorizer([rule({ principal: 'Group:*' })]).may('read', 'orders', { ...alice, principal: 'Group:staff' }))
})

t.test('a rule for a host is for that host, as Java prints it', async t => {
  const { may } = authorizer([rule({ host: '10.0.0.1' }), rule({ host: '0:0:0:0:0:0:0:1' })])
  t.ok(may('read'))
  t.notOk(may('read', 'orders', { ...alice, remoteAddress: '10.0.0.2' }))
  t.ok(may('read', 'orders', { ...alice, remoteAddress: '::1' }))
  const here = authorizer([rule({ operation: operations.all }), rule({ ...deny, host: '10.0.0.1' })])
  t.notOk(here.may('read'))
  t.ok(here.may('read', 'orders', { ...alice, remoteAddress: '10.0.0.2' }))
})

t.test('a rule for a range of addresses is for all hosts in it', async t => {
  const from = (remoteAddress: string) => ({ ...alice, remoteAddress })
  const { may } = authorizer([rule({ host: '10.1.2.3/16' }), rule({ host: '2001:db8::/33' })])
  for (const host of ['10.1.0.0', '10.1.255.255', '2001:db8::', '2001:db8:7fff:ffff::'])
    t.ok(may('read', 'orders', from(host)), host)
  for (const host of ['10.0.255.255', '10.2.0.0', '2001:db8:8000::', '::10.1.0.0', '2001:db7::1', 'nowhere'])
    t.notOk(may('read', 'orders', from(host)), host)
  t.ok(authorizer([rule({ host: '0.0.0.0/0' })]).may('read'))
  t.notOk(authorizer([rule({ host: '::/0' })]).may('read'), 'the other kind of addresses')
  t.notOk(authorizer([rule(), rule({ ...deny, host: '10.0.0.1/32' })]).may('read'), 'deny wins')
  const twice = authorizer([rule({ host: '10.0.0.0/8' }), rule({ host: '10.0.0.1/8' })])
  twice.made.apply({ aclsAdded: [], aclsRemoved: [rule({ host: '10.0.0.0/8' })] })
  t.ok(twice.may('read'), 'one range by two texts')
})

t.test('to read, write, delete or alter implies to describe; denying that denies no description', async t => {
  for (const operation of [operations.read, operations.write, operations.delete, operations.alter]) {
    t.ok(authorizer([rule({ operation })]).may('describe'), String(operation))
  }
  for (const operation of [operations.create, operations.describeConfigs, operations.alterConfigs]) {
    t.notOk(authorizer([rule({ operation })]).may('describe'), String(operation))
  }
  t.ok(authorizer([rule({ operation: operations.alterConfigs })]).may('describeConfigs'))
  t.notOk(authorizer([rule({ operation: operations.alter })]).may('describeConfigs'))
  t.ok(authorizer([rule({ operation: operations.describe }), rule(deny)]).may('describe'))
})

t.test('super users may do everything, whatever rules say', async t => {
  const { may, mayAny } = authorizer([rule({ ...deny, operation: operations.all })], { superUsers: ['User:alice'] })
  t.ok(may('read'))
  t.ok(may('twoPhaseCommit', 'id', alice, 'transactionalId'))
  t.ok(mayAny('write'))
})

t.test('where no rule is about a resource, everybody may if it is said so', async t => {
  const { may } = authorizer([rule({ principal: 'User:bob' })], { allowsWithoutRules: true })
  t.ok(may('read', 'other'))
  t.notOk(may('read'), 'the rule is about another user, and about this topic')
})

t.test('any topic at all: what is denied as a whole does not count', async t => {
  const write = { operation: operations.write }
  t.notOk(authorizer([]).mayAny('write'))
  t.ok(authorizer([rule(write)]).mayAny('write'))
  t.notOk(authorizer([rule()]).mayAny('write'))
  t.notOk(authorizer([rule({ ...write, principal: 'User:bob' })]).mayAny('write'))
  t.notOk(authorizer([rule(write), rule({ ...write, ...deny })]).mayAny('write'), 'denied by the same name')
  t.notOk(authorizer([rule(write), rule({ ...write, ...deny, ...prefixed, resourceName: 'o' })]).mayAny('write'))
  t.ok(authorizer([rule({ ...write, ...prefixed, resourceName: 'o' }), rule({ ...write, ...deny })]).mayAny('write'))
  t.notOk(authorizer([rule(write), rule({ ...write, ...deny, resourceName: '*' })]).mayAny('write'))
  t.ok(authorizer([rule({ ...write, resourceName: '*' }), rule({ ...write, ...deny })]).mayAny('write'))
  t.notOk(authorizer([rule()]).mayAny('describe'), 'by implication nothing is allowed of any')
})

t.test('each denial is a line, of which there are not too many', async t => {
  const { may, made, lines, clock } = authorizer([rule()])
  may('write')
  t.match(
    lines.join('\n'),
    /not allowed principal=User:alice host=10.0.0.1 operation=write resource=topic:orders api=Produce/,
  )
  may('read')
  made.authorize({ connection: alice, apiKey: 0 }, 'write', 'topic', 'orders', false)
  t.equal(lines.length, 1, 'none where it is allowed, or only looked up')
  for (let i = 0; i < 1_000; i++) may('write')
  t.equal(lines.length, 10)
  clock.advance(10_000)
  may('write')
  t.match(lines.at(-1), /leftOut=991/)
})

t.test('the index answers as one who looks at every rule', async t => {
  const seed = Number(process.env.SEED ?? systemRandom.int(2 ** 31))
  t.comment(`SEED=${seed}`)
  const random = seededRandom(seed)
  let allowed = 0
  for (let round = 0; round < 30; round++) {
    const allowsWithoutRules = random.int(2) === 0
    const { made } = authorizer([], { allowsWithoutRules })
    const there = new Map<string, Acl>()
    for (let step = 0; step < 60; step++) {
      // More are made than deleted at first, and none is left at the end.
      const acl = random.int(60) >= step ? randomAcl(random) : [...there.values()][random.int(there.size || 1)]
      const key = acl && aclKey(acl)
      if (acl && key !== undefined) {
        if (there.has(key)) {
          made.apply({ aclsAdded: [], aclsRemoved: [acl] })
          there.delete(key)
        } else {
          made.apply({ aclsAdded: [acl], aclsRemoved: [] })
          there.set(key, acl)
        }
      }
      const rules = [...there.values()]
      for (let asked = 0; asked < 10; asked++) {
        const question = randomQuestion(random)
        const { subject: connection, operation, type, name } = question
        const told = () => `${JSON.stringify(question)} by ${JSON.stringify(rules)}, SEED=${seed}`
        const isAllowed = made.authorize({ connection, apiKey: 0 }, operation, type, name, false)
        if (isAllowed) allowed++
        if (isAllowed !== naiveAnswer(rules, question, allowsWithoutRules)) return t.fail(told())
        const mayAny = made.authorizeAny({ connection, apiKey: 0 }, operation, type)
        if (mayAny !== naiveAnyAnswer(rules, question, allowsWithoutRules)) return t.fail(`of any: ${told()}`)
      }
    }
  }
  t.ok(allowed > 1_500 && allowed < 16_500, `${allowed} of 18,000 allowed: the rules say neither yes nor no to all`)
})

t.test('checks of health that are denied are not logged: they come every few seconds', async t => {
  const { may, made, lines } = authorizer([rule()])
  t.notOk(may('write', '__ottla_health'))
  t.notOk(may('read', '__ottla_health-0b9c6a5e', alice, 'group'))
  t.equal(lines.length, 0)
  t.equal(made.counts.denied, 2)
  t.notOk(may('write', '__ottla_health-0b9c6a5e'), 'a topic like any other')
  t.equal(lines.length, 1)
})
