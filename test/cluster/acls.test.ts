/** Access rules: where they are kept, what is refused, what filters match, and what a change makes of an image. */
import t from 'tap'
import { seededRandom, systemRandom } from '../../lib/base/random.ts'
import { type AclFilter, aclsThatMatch, planAclCreations, planAclDeletions } from '../../lib/cluster/acl-plans.ts'
import {
  type Acl,
  aclKey,
  aclOfKey,
  anyNumber,
  matchNumber,
  operations,
  patternTypes,
  permissions,
  resourceTypes,
} from '../../lib/cluster/acls.ts'
import { addressOf, rangeOf } from '../../lib/cluster/address-ranges.ts'
import { applyChanges } from '../../lib/cluster/apply.ts'
import { type ClusterImage, emptyImage } from '../../lib/cluster/image.ts'
import { PieceMap } from '../../lib/cluster/piece-map.ts'
import { codes } from '../../protocol/errors.ts'
import { rule } from '../acl-rule.ts'

const anything: AclFilter = {
  resourceTypeFilter: anyNumber,
  resourceNameFilter: null,
  patternTypeFilter: anyNumber,
  principalFilter: null,
  hostFilter: null,
  operation: anyNumber,
  permissionType: anyNumber,
}

/** An image with these rules, as if a broker had made them one by one. */
function imageOf(...rules: readonly Acl[]): ClusterImage {
  let image = emptyImage('cluster-a', 1)
  for (const each of rules) {
    const { changes } = planAclCreations(image.acls, [each])
    image = applyChanges(image, changes, image.revision + 1).image
  }
  return image
}

t.test('a rule is kept under all that it says, and read from there', async t => {
  const odd = rule({ resourceName: 'a"],[/\u{1f980}\n', principal: 'User:CN=a,O="b"', host: '10.0.0.0/8' })
  for (const each of [rule(), rule({ operation: operations.twoPhaseCommit }), odd]) {
    const key = aclKey(each)
    t.ok(key.startsWith('acls/'))
    t.same(aclOfKey(key.slice('acls/'.length)), each)
  }
  t.equal(aclKey(rule()), 'acls/["topic","literal","orders","User:alice","*","read","allow"]')
  for (const wrong of ['', '[]', '{}', 'null', '["topic","literal","orders","User:alice","*","reads","allow"]'])
    t.throws(() => aclOfKey(wrong), /cannot be read/, wrong)
})

t.test('a rule that is there already is made by nothing', async t => {
  const { changes, result } = planAclCreations(imageOf(rule()).acls, [
    rule(),
    rule({ host: '::1' }),
    rule({ host: '::1' }),
  ])
  t.equal(changes.length, 1)
  t.same(result, [{ error: null }, { error: null }, { error: null }])
})

t.test('each rule is refused by itself, in the words of Kafka', async t => {
  const faults: [Partial<Acl>, string][] = [
    [{ resourceType: 9 }, 'Invalid resourceType UNKNOWN'],
    [{ patternType: 0 }, 'Invalid patternType UNKNOWN'],
    [{ operation: -1 }, 'Invalid operation UNKNOWN'],
    [{ permissionType: 99 }, 'Invalid permissionType UNKNOWN'],
    [{ resourceName: '' }, 'Invalid empty resource name'],
    [{ resourceType: resourceTypes.cluster }, 'The only valid name for the CLUSTER resource is kafka-cluster'],
    [
      { principal: 'alice' },
      'Could not parse principal from `alice` (no colon is present separating the principal type from the principal name)',
    ],
    [{ host: '' }, 'Host pattern cannot be null or empty'],
    [{ host: '10.0.0.0/33' }, "Invalid CIDR notation '10.0.0.0/33': Value [33] not in range [0,32]"],
  ]
  const { changes, result } = planAclCreations(imageOf().acls, [...faults.map(([fields]) => rule(fields)), rule()])
  t.equal(changes.length, 1, 'the good one is made')
  t.same(
    result.map(({ error }) => error && [error.code, error.message]),
    [...faults.map(([, message]) => [codes.INVALID_REQUEST, message]), null],
  )
})

t.test('an indefinite rule fails the whole request', async t => {
  for (const field of ['resourceType', 'patternType', 'operation', 'permissionType'] as const) {
    const indefinite = [rule(), rule({ [field]: anyNumber })]
    t.throws(() => planAclCreations(imageOf().acls, indefinite), { code: codes.UNKNOWN_SERVER_ERROR }, field)
  }
  t.throws(() => planAclCreations(imageOf().acls, [rule({ patternType: matchNumber })]))
})

t.test('one request makes and deletes ten thousand rules, and no more', async t => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => rule({ resourceName: `t-${i}` }))
  t.throws(() => planAclCreations(imageOf().acls, many(10_001)), { code: codes.POLICY_VIOLATION })
  const { changes } = planAclCreations(imageOf().acls, many(10_000))
  t.equal(changes.length, 10_000)
  const image = applyChanges(imageOf(rule()), changes, 9).image
  t.equal(image.acls.size, 10_001)
  const all = planAclDeletions(image.acls, [anything, { ...anything, resourceNameFilter: 'orders' }])
  t.match(all.result, [
    { error: { message: 'Cannot remove more than 10000 acls in a single delete operation.' }, deleted: [] },
    { error: null, deleted: { length: 1 } },
  ])
  t.equal(all.changes.length, 1)
})

t.test('a filter matches what it names, and by MATCH all that a name comes under', async t => {
  const rules = [
    rule(),
    rule({ patternType: patternTypes.prefixed, resourceName: 'ord' }),
    rule({ resourceName: '*' }),
    rule({ resourceName: 'orders-2', permissionType: permissions.deny }),
    rule({ resourceType: resourceTypes.group, host: '10.0.0.1' }),
  ]
  const { acls } = imageOf(...rules)
  const found = (filter: Partial<AclFilter>) => {
    const matching = aclsThatMatch(acls, { ...anything, ...filter })
    return rules.flatMap((each, i) => (matching.some(other => aclKey(other) === aclKey(each)) ? [i] : []))
  }
  t.same(found({}), [0, 1, 2, 3, 4])
  t.same(found({ resourceNameFilter: 'orders' }), [0, 4])
  t.same(found({ resourceNameFilter: 'orders', patternTypeFilter: matchNumber }), [0, 1, 2, 4])
  t.same(found({ resourceNameFilter: '*', patternTypeFilter: matchNumber }), [2])
  t.same(found({ patternTypeFilter: patternTypes.prefixed }), [1])
  t.same(found({ resourceTypeFilter: resourceTypes.group }), [4])
  t.same(found({ hostFilter: '10.0.0.1' }), [4])
  t.same(found({ hostFilter: '10.0.0.2' }), [], 'a host is compared as it is written')
  t.same(found({ permissionType: permissions.deny }), [3])
  t.same(found({ operation: operations.all }), [], 'ALL is an operation, ANY is none')
  t.same(found({ principalFilter: 'User:*' }), [])
  t.same(found({ resourceTypeFilter: 9 }), [])
})

t.test('a filter that leaves nothing open finds its rule, among many and for many filters at once', async t => {
  const many = Array.from({ length: 2_000 }, (_, i) => rule({ resourceName: `t-${i}` }))
  const { changes } = planAclCreations(imageOf().acls, many)
  const { acls } = applyChanges(imageOf(), changes, 9).image
  const filters = many.map(({ resourceName }) => ({
    ...{
      resourceTypeFilter: resourceTypes.topic,
      resourceNameFilter: resourceName,
      patternTypeFilter: patternTypes.literal,
    },
    ...{
      principalFilter: 'User:alice',
      hostFilter: '*',
      operation: operations.read,
      permissionType: permissions.allow,
    },
  }))
  const { result } = planAclDeletions(acls, filters)
  t.same(
    result.map(({ deleted }) => deleted.map(({ resourceName }) => resourceName)),
    many.map(({ resourceName }) => [resourceName]),
  )
  const other = { ...filters[0]!, hostFilter: '::1' }
  t.same(aclsThatMatch(acls, other), [])
  t.same(
    aclsThatMatch(acls, { ...filters[0]!, patternTypeFilter: matchNumber }),
    [many[0]],
    'MATCH leaves something open',
  )
})

t.test('filters delete as if each had come alone, and what is unknown deletes nothing', async t => {
  const before = imageOf(rule(), rule({ resourceName: 'a' }))
  const { changes, result } = planAclDeletions(before.acls, [
    anything,
    { ...anything, resourceNameFilter: 'a' },
    { ...anything, patternTypeFilter: 9 },
    { ...anything, permissionType: 0 },
  ])
  t.same(
    result.map(({ deleted }) => deleted.length),
    [2, 1, 0, 0],
  )
  t.match(result[2], { error: { code: codes.INVALID_REQUEST, message: 'Unknown patternFilter.' } })
  t.match(result[3], { error: { code: codes.INVALID_REQUEST, message: 'Unknown entryFilter.' } })
  const { image, aclsRemoved, aclsAdded } = applyChanges(before, changes, 9)
  t.equal(image.acls.size, 0)
  t.equal(before.acls.size, 2, 'an image stays as it is')
  t.equal(aclsRemoved.length, 2)
  t.same(aclsAdded, [])
})

t.test(
  'what denies is made first and deleted last, so that no part of a change allows more than the whole',
  async t => {
    const allow = [rule(), rule({ host: '::1' })]
    const deny = [rule({ permissionType: permissions.deny }), rule({ permissionType: permissions.deny, host: '::1' })]
    const mixed = [allow[0]!, deny[0]!, allow[1]!, deny[1]!]
    const { changes: made } = planAclCreations(imageOf().acls, mixed)
    t.same(
      made.map(({ key }) => key),
      [...deny, ...allow].map(aclKey),
    )
    const { changes: deleted } = planAclDeletions(imageOf(...mixed).acls, [anything])
    t.same(
      deleted.map(({ key }) => /"(\w+)"\]$/.exec(key)![1]),
      ['allow', 'allow', 'deny', 'deny'],
    )
  },
)

t.test('a change tells of the rules that are new, and of no others', async t => {
  const before = imageOf(rule())
  const written = [rule(), rule({ host: '::1' })].map(each => ({ key: aclKey(each), value: '{}' }))
  const { aclsAdded, aclsRemoved } = applyChanges(before, written, 9)
  t.same(aclsAdded, [rule({ host: '::1' })])
  t.same(aclsRemoved, [])
  const gone = applyChanges(before, [{ key: aclKey(rule({ host: '::2' })), value: null }], 9)
  t.same(gone.aclsRemoved, [], 'one that was not there is not removed')
})

t.test('addresses are read in all their forms', async t => {
  t.equal(addressOf('10.0.0.1'), 0x0a000001)
  t.equal(addressOf('255.255.255.255'), -1)
  t.equal(addressOf('::1'), 1n)
  t.equal(addressOf('1:2:3:4:5:6:7:8'), 0x00010002000300040005000600070008n)
  t.equal(addressOf('FE80::1%eth0'), 0xfe80n * 2n ** 112n + 1n)
  t.equal(addressOf('::1.2.3.4'), 0x01020304n)
  for (const none of ['', 'a', '256.0.0.1', '1.2.3', '1.2.3.4.5', ':', ':::', '1::2::3', '12345::', '::%', '1.2.3.4::'])
    t.equal(addressOf(none), null, none)
})

t.test('no text of a range is more than refused', async t => {
  const seed = Number(process.env.SEED ?? systemRandom.int(2 ** 31))
  const random = seededRandom(seed)
  const pieces = [
    '1',
    '255',
    '256',
    '.',
    '.',
    ':',
    ':',
    '::',
    '/',
    '/',
    '8',
    '32',
    'f',
    'ffff',
    '%',
    '[',
    ']',
    '+',
    '-',
    ' ',
  ]
  for (let i = 0; i < 20_000; i++) {
    const text = Array.from({ length: random.int(12) }, () => pieces[random.int(pieces.length)]).join('')
    const range = rangeOf(text)
    if (typeof range === 'string' ? range === '' : !(range.bits >= 0 && range.bits <= 128))
      t.fail(`${text}, SEED=${seed}`)
  }
})

t.test('a map in pieces is a map that others share', async t => {
  const seed = Number(process.env.SEED ?? systemRandom.int(2 ** 31))
  const random = seededRandom(seed)
  let map = PieceMap.empty<number>()
  const model = new Map<string, number>()
  const versions: [PieceMap<number>, ReadonlyMap<string, number>][] = []
  for (let step = 0; step < 400; step++) {
    const changes = new Map<string, number | null>()
    for (let i = random.int(4); i > 0; i--) changes.set(`key-${random.int(60)}`, random.int(3) === 0 ? null : step)
    map = map.with(changes)
    for (const [key, value] of changes) {
      if (value === null) model.delete(key)
      else model.set(key, value)
    }
    versions.push([map, new Map(model)])
  }
  for (const [map, model] of versions) {
    const isSame =
      map.size === model.size &&
      [...map.values()].sort().join() === [...model.values()].sort().join() &&
      [...model].every(([key, value]) => map.get(key) === value && map.has(key))
    if (!isSame) return t.fail(`SEED=${seed}`)
  }
  t.ok(versions.some(([{ size }]) => size > 20))
})
