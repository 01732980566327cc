/** Access rules where there is an authorizer: made, described by filters and deleted by filters, by a super user. */
import { CreateAcls } from '../../protocol/messages/create-acls.ts'
import { DeleteAcls } from '../../protocol/messages/delete-acls.ts'
import { DescribeAcls } from '../../protocol/messages/describe-acls.ts'
import type { Session } from '../session.ts'
import { type Case, type Difference, saysMore } from './case.ts'
import { oddCase } from './odd/odd.ts'
import type { Plain } from './odd/variants.ts'
import { authorizesNobody as settings } from './security-settings.ts'

const whatever = 1
const match = 2
const [topic, group, cluster, transactionalId, delegationToken, user] = [2, 3, 4, 5, 6, 7]
const [literal, prefixed] = [3, 4]
const [all, read, write, alter, describe] = [2, 3, 4, 7, 8]
const [deny, allow] = [2, 3]

const anything = {
  resourceTypeFilter: whatever,
  resourceNameFilter: null as string | null,
  patternTypeFilter: whatever,
  principalFilter: null as string | null,
  hostFilter: null as string | null,
  operation: whatever,
  permissionType: whatever,
}
type Filter = Partial<typeof anything>

const good = {
  resourceType: topic,
  resourceName: 't',
  resourcePatternType: literal,
  principal: 'User:somebody',
  host: '*',
  operation: read,
  permissionType: allow,
}
type Rule = Partial<typeof good>

/** In the newest version; the rules of the case have names or users of its own. */
async function create(session: Session, title: string, ...rules: readonly Rule[]): Promise<void> {
  await session.send(
    CreateAcls,
    session.latest(CreateAcls),
    { creations: rules.map(rule => ({ ...good, ...rule })) },
    title,
  )
}

async function described(session: Session, title: string, filter: Filter): Promise<void> {
  await session.send(DescribeAcls, session.latest(DescribeAcls), { ...anything, ...filter }, title)
}

async function deleted(session: Session, title: string, ...filters: readonly Filter[]): Promise<void> {
  const whole = filters.map(filter => ({ ...anything, ...filter }))
  await session.send(DeleteAcls, session.latest(DeleteAcls), { filters: whole }, title)
}

/** In every version: names are literal where there were no other patterns yet. */
async function atEachVersion(session: Session): Promise<void> {
  const resourceName = session.name('t')
  const filter = {
    ...anything,
    resourceTypeFilter: topic,
    resourceNameFilter: resourceName,
    patternTypeFilter: literal,
  }
  await session.sendAtEach(CreateAcls, { creations: [{ ...good, resourceName }] })
  const two = [write, describe].map(operation => ({ ...good, resourceName, operation }))
  await session.sendAtEach(CreateAcls, { creations: [...two, ...two] }, 'two, and again')
  await session.sendAtEach(CreateAcls, { creations: [] }, 'none')
  await session.sendAtEach(DescribeAcls, filter)
  await session.sendAtEach(DeleteAcls, { filters: [{ ...filter, operation: write }] })
  await session.sendAtEach(DescribeAcls, filter, 'without what was deleted')
  await session.sendAtEach(DeleteAcls, { filters: [] }, 'none')
  await session.sendAtEach(DeleteAcls, { filters: [filter, filter] }, 'twice')
  await session.sendAtEach(DescribeAcls, filter, 'none left')
}

async function kinds(session: Session): Promise<void> {
  const principal = `User:${session.name('user')}`
  const resourceName = 'x'
  for (const resourceType of [-1, 8, 127, topic, group, transactionalId, delegationToken, user]) {
    await create(session, `of kind ${resourceType}`, { principal, resourceType, resourceName })
  }
  for (const resourcePatternType of [-1, 5, 127, literal, prefixed]) {
    await create(session, `of pattern ${resourcePatternType}`, { principal, resourcePatternType, resourceName })
  }
  for (const operation of [-1, 16, 127, ...Array.from({ length: 14 }, (_, at) => all + at)]) {
    await create(session, `of operation ${operation}`, { principal, operation, resourceName })
    await create(session, `of operation ${operation} on users`, {
      principal,
      operation,
      resourceName,
      resourceType: user,
    })
  }
  for (const permissionType of [-1, 4, 127, deny, allow]) {
    await create(session, `of permission ${permissionType}`, { principal, permissionType, resourceName })
  }
  await described(session, 'what was made', { principalFilter: principal })
  await deleted(session, 'what was made', { principalFilter: principal })
}

/** Hosts with a slash: only some of them are ranges. */
const ranges = [
  ...['1.2.3.4/0', '1.2.3.4/05', '01.002.3.4/8', '1.2.3.4/32', '1.2.3.4/33', '1.2.3.4/032', '256.1.1.1/8', '1.2.3/8'],
  ...['1.2.3.4/', '1.2.3.4/5/6', '/8', '*/8', 'a/b', ' 1.2.3.4/8', '1.2.3.4/8 ', '1.2.3.4/-1'],
  ...['::/0', '::1/+5', '::1/128', '::1/129', '::1/-1', '::1/', '::1/x', '::1/64/64', '[::1]/64', 'fe80::1%1/64'],
  ...['::1.2.3.4/64', '1:2:3:4:5:6:1.2.3.4/64', '1:2:3:4:5:6:7:8/64', '1:2:3:4:5:6:7:8:9/64', '1:2:3:4:5:6:7/64'],
  ...['::ffff:1.2.3.4/100', '64:ff9b::/96', '1::2::3/8', ':/8', ':::/8', '12345::/16', '::G/8', '1:2:3:4:5:6:7::/64'],
]

async function refusals(session: Session): Promise<void> {
  const principal = `User:${session.name('user')}`
  for (const each of ['', 'somebody', 'User', '*', ':', ':a', 'User:', 'Group:g', 'user:a', 'User:a:b', ' User:a']) {
    await create(session, `of ${each || 'nobody'}`, { principal: each, resourceName: session.name('t') })
  }
  for (const host of ['', '*', 'some where', '127.0.0.1', '::1', '10.0.0.0/8', ...ranges]) {
    await create(session, `from ${host || 'nowhere'}`, { principal, host })
  }
  for (const resourcePatternType of [literal, prefixed]) {
    for (const resourceName of ['', '*', 'no such/ topic!', 'x'.repeat(300)]) {
      const title = `pattern ${resourcePatternType}, ${resourceName.slice(0, 20) || 'no name'}`
      await create(session, title, { principal, resourceName, resourcePatternType })
    }
    for (const resourceName of ['', '*', 'kafka', 'kafka-cluster']) {
      const title = `pattern ${resourcePatternType}, cluster ${resourceName || 'without a name'}`
      await create(session, title, { principal, resourceName, resourcePatternType, resourceType: cluster })
    }
  }
  const bad = { resourceType: 8, resourcePatternType: 9, operation: 99, permissionType: 9, principal: '', host: '' }
  await create(session, 'many faults', bad)
  await create(session, 'all but the kind', { ...bad, resourceType: topic })
  await create(session, 'no principal and no host', { principal: '', host: '' })
  await create(session, 'no principal and no permission', { principal: '', permissionType: 9 })
  await create(
    session,
    'good ones among bad ones',
    { principal },
    { principal: 'x' },
    { principal, resourceName: '' },
    { principal, operation: write },
  )
  await described(session, 'what was made', { principalFilter: principal })
  await deleted(session, 'what was made', { principalFilter: principal })
  await deleted(session, 'the rest', { resourceNameFilter: session.name('t') })
}

/** Kafka fails of the whole request. */
async function indefinite(session: Session): Promise<void> {
  const principal = `User:${session.name('user')}`
  await create(session, 'of any kind', { principal }, { principal, resourceType: whatever })
  await create(session, 'of any pattern', { principal, resourcePatternType: whatever })
  await create(session, 'of what matches', { principal, resourcePatternType: match })
  await create(session, 'of any operation', { principal, operation: whatever })
  await create(session, 'of any permission', { principal, permissionType: whatever })
  await described(session, 'what was made', { principalFilter: principal })
}

/** Rules of all sorts, whose names begin alike. */
function sorts(session: Session): Rule[] {
  const name = session.name('t')
  return [
    { resourceName: name },
    { resourceName: name, operation: write, permissionType: deny, host: '10.0.0.1' },
    { resourceName: name, resourcePatternType: prefixed },
    { resourceName: `${name}-and-more` },
    { resourceName: `${name}-and`, resourcePatternType: prefixed, principal: 'User:other' },
    { resourceName: name, resourceType: group },
    { resourceName: name, resourceType: transactionalId, operation: all },
    { resourceName: name, resourceType: user, operation: 14 },
    { resourceName: '*', principal: `User:${name}` },
    { resourceName: '*', resourcePatternType: prefixed, principal: `User:${name}` },
    { resourceName: 'kafka-cluster', resourceType: cluster, operation: alter, principal: `User:${name}` },
  ]
}

function filters(session: Session): [title: string, filter: Filter][] {
  const resourceNameFilter = session.name('t')
  const named = [whatever, match, literal, prefixed].flatMap(patternTypeFilter =>
    ['', '-and', '-and-more', '-and-more-yet'].map((end): [string, Filter] => [
      `pattern ${patternTypeFilter}, name ${end || 'itself'}`,
      { patternTypeFilter, resourceNameFilter: resourceNameFilter + end, principalFilter: 'User:somebody' },
    ]),
  )
  const own = { principalFilter: `User:${resourceNameFilter}` }
  return [
    ...named,
    ...[whatever, match, literal, prefixed, 5, -1].map((patternTypeFilter): [string, Filter] => [
      `pattern ${patternTypeFilter}, any name`,
      { ...own, patternTypeFilter },
    ]),
    ...[whatever, match, literal, prefixed].map((patternTypeFilter): [string, Filter] => [
      `pattern ${patternTypeFilter}, *`,
      { ...own, patternTypeFilter, resourceNameFilter: '*' },
    ]),
    ...[topic, group, cluster, transactionalId, delegationToken, user, 8, -1].map(
      (resourceTypeFilter): [string, Filter] => [
        `kind ${resourceTypeFilter}`,
        { resourceNameFilter, resourceTypeFilter },
      ],
    ),
    ...[all, read, write, describe, 14, 16, -1].map((operation): [string, Filter] => [
      `operation ${operation}`,
      { resourceNameFilter, operation },
    ]),
    ...[deny, allow, 4, -1].map((permissionType): [string, Filter] => [
      `permission ${permissionType}`,
      { resourceNameFilter, permissionType },
    ]),
    ...['*', '10.0.0.1', '10.0.0.2', ''].map((hostFilter): [string, Filter] => [
      `host ${hostFilter || 'none'}`,
      { resourceNameFilter, hostFilter },
    ]),
    ...['User:somebody', 'User:other', 'User:*', 'somebody', ''].map((principalFilter): [string, Filter] => [
      `principal ${principalFilter || 'none'}`,
      { resourceNameFilter, principalFilter },
    ]),
    ['no name', { ...own, resourceNameFilter: '' }],
  ]
}

async function describedBy(session: Session): Promise<void> {
  await create(session, 'all sorts', ...sorts(session))
  for (const [title, filter] of filters(session)) await described(session, title, filter)
  await deleted(
    session,
    'all',
    { resourceNameFilter: session.name('t') },
    { principalFilter: `User:${session.name('t')}` },
  )
}

async function deletedBy(session: Session): Promise<void> {
  const rules = sorts(session)
  for (const [title, filter] of filters(session)) {
    await session.prepare(CreateAcls, session.latest(CreateAcls), {
      creations: rules.map(rule => ({ ...good, ...rule })),
    })
    await deleted(session, title, filter)
  }
  const resourceNameFilter = session.name('t')
  await session.prepare(CreateAcls, session.latest(CreateAcls), {
    creations: rules.map(rule => ({ ...good, ...rule })),
  })
  const some = { resourceNameFilter, resourceTypeFilter: topic }
  await deleted(
    session,
    'overlapping, and a bad one',
    some,
    { ...some, operation: 99 },
    { resourceNameFilter, patternTypeFilter: literal },
  )
  await described(session, 'what is left', {
    patternTypeFilter: match,
    resourceNameFilter: `${resourceNameFilter}-and-more`,
    principalFilter: 'User:other',
  })
  await deleted(
    session,
    'all',
    { resourceNameFilter: `${resourceNameFilter}-and` },
    { resourceNameFilter: `${resourceNameFilter}-and-more` },
    { principalFilter: `User:${resourceNameFilter}` },
  )
}

/** Kafka cannot read a request in which a kind or an operation is 0, which stands for one that it does not know. */
function unknowns(ours: object): Difference {
  const reason =
    '**ACLs** of an unknown kind or operation (0) are answered as those of other unknown numbers are; Kafka closes the connection'
  return { answer: '* = 0', path: '', ours, reason }
}

/** Of the odd rules, those that this run made. */
function ofThisRun(answer: Plain, session: Session): Plain {
  const isOwn = (each: unknown) => JSON.stringify(each).includes(session.run)
  const lists = ['resources', 'filterResults'].filter(name => name in answer)
  return {
    ...answer,
    ...Object.fromEntries(
      lists.map(name => {
        const list = answer[name] as Plain[]
        if (name === 'resources') return [name, list.filter(isOwn)]
        return [name, list.map(each => ({ ...each, matchingAcls: (each.matchingAcls as unknown[]).filter(isOwn) }))]
      }),
    ),
  }
}

const what = 'with an authorizer'
const filter = (resourceNameFilter: string) => ({
  ...anything,
  resourceTypeFilter: topic,
  resourceNameFilter,
  patternTypeFilter: literal,
  principalFilter: 'User:somebody',
  hostFilter: '*',
  operation: read,
  permissionType: allow,
})
const refused = { errorCode: 42, errorMessage: '<errorMessage>' }

/** Of an indefinite rule Kafka fails without a word. */
const sayMore = [
  'resourceType = 1',
  'resourcePatternType = 1',
  'resourcePatternType = 2',
  'operation = 1',
  'permissionType = 1',
].map(what => saysMore(`* creations[0].${what}`))

const oddCases: readonly Case[] = [
  oddCase({
    api: CreateAcls,
    what,
    good: ({ own }) => ({ creations: [{ ...good, resourceName: own('odd') }] }),
    differs: [unknowns({ throttleTimeMs: 0, results: [refused] }), ...sayMore],
  }),
  oddCase({
    api: DescribeAcls,
    what,
    good: async ({ session, own }) => {
      const creations = [{ ...good, resourceName: own('odd') }]
      await session.prepare(CreateAcls, session.latest(CreateAcls), { creations })
      return filter(own('odd'))
    },
    compared: ofThisRun,
    differs: [unknowns({ throttleTimeMs: 0, errorCode: 0, errorMessage: '', resources: [] })],
  }),
  oddCase({
    api: DeleteAcls,
    what,
    good: async ({ session, own }) => {
      const creations = [{ ...good, resourceName: own('odd') }]
      await session.prepare(CreateAcls, session.latest(CreateAcls), { creations })
      return { filters: [filter(own('odd'))] }
    },
    compared: ofThisRun,
    differs: [unknowns({ throttleTimeMs: 0, filterResults: [{ ...refused, matchingAcls: [] }] })],
  }),
]

const cases: readonly Case[] = [
  { name: 'acls: made, described and deleted at each version', run: atEachVersion },
  { name: 'acls: kinds, patterns, operations and permissions', run: kinds },
  { name: 'acls: rules that are refused', run: refusals },
  { name: 'acls: rules that do not say what they are about', run: indefinite, differs: [saysMore('CreateAcls*', '*')] },
  { name: 'acls: described by filters', run: describedBy },
  { name: 'acls: deleted by filters', run: deletedBy },
  ...oddCases,
]

export const aclCases: readonly Case[] = cases.map(each => ({ ...each, settings }))
