/** What a client may do by access rules that were drawn by lot: the bits of its operations on topics, and whether it may write to any topic. */
import { seededRandom } from '../../lib/base/random.ts'
import { CreateAcls } from '../../protocol/messages/create-acls.ts'
import { DeleteAcls } from '../../protocol/messages/delete-acls.ts'
import { DescribeAcls } from '../../protocol/messages/describe-acls.ts'
import { InitProducerId } from '../../protocol/messages/init-producer-id.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { until } from '../scenario.ts'
import type { Session } from '../session.ts'
import type { Case } from './case.ts'
import { authorizes } from './security-settings.ts'

/** The client is nobody, who may do what no rule is about: to change rules, above all. */
const settings = { ...authorizes, 'allow.everyone.if.no.acl.found': 'true' }

const [topic, cluster] = [2, 4]
const [literal, prefixed] = [3, 4]
const [deny, allow] = [2, 3]
const [all, create, alter, describe, clusterAction, twoPhaseCommit] = [2, 5, 7, 8, 9, 15]
const steps = 60

const anything = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
}

interface Rule {
  readonly resourceType: number
  readonly resourceName: string
  readonly resourcePatternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

/** Some are about the client, and some about others. */
const principals = ['User:ANONYMOUS', 'User:ANONYMOUS', 'User:*', 'User:other', 'Group:ANONYMOUS']
const hosts = [
  '*',
  '*',
  '127.0.0.1',
  '127.0.0.0/8',
  '0.0.0.0/1',
  '127.0.0.1/32',
  '10.0.0.0/8',
  '128.0.0.0/1',
  '::/0',
  '10.0.0.1',
]

async function change(
  session: Session,
  created: readonly Rule[],
  deleted: readonly Rule[],
  count: number,
): Promise<void> {
  const filters = deleted.map(({ resourceType, resourceName, resourcePatternType, principal, host, ...rest }) => ({
    ...{ resourceTypeFilter: resourceType, resourceNameFilter: resourceName, patternTypeFilter: resourcePatternType },
    ...{ principalFilter: principal, hostFilter: host },
    ...rest,
  }))
  if (created.length > 0) await session.prepare(CreateAcls, session.latest(CreateAcls), { creations: created })
  if (deleted.length > 0) await session.prepare(DeleteAcls, session.latest(DeleteAcls), { filters })
  // Kafka's broker hears of it a little after its controller has answered.
  await until(`${count} rules`, async () => {
    const { resources } = await session.prepare(DescribeAcls, session.latest(DescribeAcls), anything)
    return resources.reduce((sum, { acls }) => sum + acls.length, 0) === count ? true : undefined
  })
}

async function decisions(session: Session): Promise<void> {
  const random = seededRandom(20)
  const one = <T>(from: readonly T[]) => from[random.int(from.length)]!
  const base = session.name('t')
  const topics = [base, `${base}.a`, `${base}.ab`, `u${base}`]
  for (const name of topics) await session.topic(name)
  const initProducerId = async () =>
    (await session.prepare(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1000 })).errorCode
  // Kafka's broker asks its controller for ids when it is first asked for one.
  await until('ids for producers', async () => ((await initProducerId()) === 0 ? true : undefined))
  const names = ['*', base.slice(0, 3), `${base}.`, `${base}.a`, `${base}.abc`, ...topics]
  // With these, other rights on the cluster are none: to write with an id comes from a right on any topic.
  // Kafka's broker is nobody, too, where it turns to its controller.
  const kept: Rule[] = [alter, describe, create, clusterAction].map(operation => ({
    ...{ resourceType: cluster, resourceName: 'kafka-cluster', resourcePatternType: literal },
    ...{ principal: 'User:ANONYMOUS', host: '*', operation, permissionType: allow },
  }))
  await change(session, kept, [], kept.length)
  const there = new Map<string, Rule>()
  for (let step = 0; step < steps; step++) {
    const created: Rule[] = []
    const deleted: Rule[] = []
    for (let i = 0; i < 3; i++) {
      const rule: Rule = {
        resourceType: topic,
        resourceName: one(names),
        resourcePatternType: one([literal, prefixed]),
        principal: one(principals),
        host: one(hosts),
        operation: all + random.int(twoPhaseCommit - all + 1),
        permissionType: random.int(5) === 0 ? deny : allow,
      }
      const key = JSON.stringify(rule)
      if (!there.has(key)) created.push(rule)
      there.set(key, rule)
    }
    // In the second half rules become fewer again.
    for (let i = 0; i < (step < steps / 2 ? 2 : 4); i++) {
      const others = [...there.values()].filter(rule => !created.includes(rule) && !deleted.includes(rule))
      if (others.length > 0) deleted.push(one(others))
    }
    for (const rule of deleted) there.delete(JSON.stringify(rule))
    await change(session, created, deleted, kept.length + there.size)
    const title = `after step ${step}, by ${there.size} rules`
    const asked = { topics: topics.map(name => ({ name })), includeTopicAuthorizedOperations: true }
    const answer = await session.prepare(Metadata, 12, { ...asked, allowAutoTopicCreation: false })
    const bits = answer.topics.map(({ name, errorCode, topicAuthorizedOperations }) => [
      topics.indexOf(name ?? ''),
      errorCode === 0 ? topicAuthorizedOperations : `error ${errorCode}`,
    ])
    session.note('Metadata', 12, title, Object.fromEntries(bits))
    session.note('InitProducerId', 4, title, await initProducerId())
  }
  await change(session, [], [...there.values()], kept.length)
  await change(session, [], kept, 0)
}

export const aclDecisionCases: readonly Case[] = [{ name: 'acls: what rules by lot come to', run: decisions, settings }]
