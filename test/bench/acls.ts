/** What a question to access rules costs a request, as a Markdown table: `npx tsx test/bench/acls.ts`. */
import { systemClock } from '../../lib/base/clock.ts'
import { silentLogger } from '../../lib/base/logger.ts'
import { type Acl, operations, patternTypes, permissions, resourceTypes } from '../../lib/cluster/acls.ts'
import { Authorizer } from '../../lib/security/authorizer.ts'
import { nanosecondsOf, printTable, timeOf } from './markdown.ts'

const count = 10_000
const connection = { principal: 'User:alice', remoteAddress: '10.0.0.1' }
const asker = { connection, apiKey: 0 }
const topic = 'orders.europe.invoices'

function rule(fields: Partial<Acl>): Acl {
  return {
    resourceType: resourceTypes.topic,
    resourceName: topic,
    patternType: patternTypes.literal,
    principal: connection.principal,
    host: '*',
    operation: operations.write,
    permissionType: permissions.allow,
    ...fields,
  }
}

const many = (fields: (i: number) => Partial<Acl>) => Array.from({ length: count }, (_, i) => rule(fields(i)))
const own = rule({})
const prefixed = { patternType: patternTypes.prefixed }

const cases: readonly [string, readonly Acl[]][] = [
  ['one rule', [own]],
  ['10,000 rules, each about a topic of its own', [own, ...many(i => ({ resourceName: `topic-${i}` }))]],
  [
    '10,000 prefixed rules, the longest that fits allows',
    [
      rule({ ...prefixed, resourceName: 'orders.eu' }),
      ...many(i => ({ ...prefixed, resourceName: `orders.${i.toString(36)}`, operation: operations.read })),
    ],
  ],
  ['10,000 rules about this topic, each for another user', [own, ...many(i => ({ principal: `User:user-${i}` }))]],
  [
    '10,000 rules about this topic, each for another host',
    [own, ...many(i => ({ host: `10.1.${i >> 8}.${i & 255}` }))],
  ],
  [
    '10,000 rules about this topic, each for another range of hosts',
    [rule({ host: '10.0.0.0/8' }), ...many(i => ({ host: `11.${i >> 8}.${i & 255}.0/24` }))],
  ],
]

/** Bytes that a hundred thousand questions leave on the heap, for each. */
function bytesOf(ask: () => number): number {
  const calls = 100_000
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < calls; i++) ask()
    const after = process.memoryUsage().heapUsed
    if (after >= before) least = Math.min(least, (after - before) / calls)
  }
  return least
}

const nameBytes = Buffer.from(topic)
const decode = () => nameBytes.toString('latin1')
const decoding = () => decode().length
nanosecondsOf(500, decoding)
const decodingNs = nanosecondsOf(3_000, decoding)

const rows = cases.map(([name, rules]) => {
  const made = () =>
    new Authorizer({
      ...{ superUsers: new Set<string>(), allowsWithoutRules: false, handlers: new Map() },
      ...{ clock: systemClock, logger: silentLogger },
    })
  const authorizer = made()
  authorizer.apply({ aclsAdded: rules, aclsRemoved: [] })
  const known = () => (authorizer.authorize(asker, 'write', 'topic', topic) ? 1 : 0)
  const fresh = () => (authorizer.authorize(asker, 'write', 'topic', decode()) ? 1 : 0)
  if (known() !== 1) throw new Error(`${name}: not allowed`)
  for (const ask of [known, fresh]) nanosecondsOf(500, ask)
  const change = [rules.at(-1)!]
  const changing = () => {
    authorizer.apply({ aclsAdded: [], aclsRemoved: change })
    authorizer.apply({ aclsAdded: change, aclsRemoved: [] })
    return 1
  }
  nanosecondsOf(200, changing)
  return [
    name,
    timeOf(nanosecondsOf(3_000, known)),
    timeOf(Math.max(0, nanosecondsOf(3_000, fresh) - decodingNs)),
    bytesOf(known).toFixed(1),
    timeOf(nanosecondsOf(1_000, changing) / 2),
  ]
})
printTable(['access rules', 'a question', 'of a name just decoded', 'bytes', 'a rule more, or less'], rows)
