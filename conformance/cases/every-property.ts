/** Every property of topics, groups and brokers: what it can be set to, and that it is told as it was set. */
import { brokerProperties, groupProperties, topicProperties } from '../../lib/config/definitions.ts'
import type { Properties } from '../../lib/config/property.ts'
import { DescribeConfigs } from '../../protocol/messages/describe-configs.ts'
import { IncrementalAlterConfigs } from '../../protocol/messages/incremental-alter-configs.ts'
import { otherValue, textsFor } from '../property-values.ts'
import type { Session } from '../session.ts'
import type { Case } from './case.ts'

const types = { topic: 2, broker: 4, group: 32 } as const
const [set, remove] = [0, 1]

type Change = readonly [name: string, value: string | null]

async function alter(
  session: Session,
  type: number,
  resourceName: string,
  changes: readonly Change[],
  validateOnly: boolean,
) {
  const configs = changes.map(([name, value]) => ({ name, value, configOperation: value === null ? remove : set }))
  const resources = [{ resourceType: type, resourceName, configs }]
  const { responses } = await session.prepare(IncrementalAlterConfigs, 1, { resources, validateOnly })
  return responses[0]!.errorCode
}

/** The values of each property by the code that they get. */
async function verdicts(session: Session, label: string, type: number, resourceName: string, properties: Properties) {
  const all: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(properties)) {
    const codes: Record<string, string[]> = {}
    for (const value of textsFor(property)) {
      const code = await alter(session, type, resourceName, [[name, value]], true)
      codes[code] = [...(codes[code] ?? []), value]
    }
    all[name] = codes
  }
  session.note('IncrementalAlterConfigs', 1, `every property of ${label}`, all)
}

/** Sets all of them to something else, one by one, and looks at them. */
async function asSet(session: Session, label: string, type: number, resourceName: string, changes: readonly Change[]) {
  const codes: Record<string, unknown> = {}
  for (const change of changes) codes[change[0]] = await alter(session, type, resourceName, [change], false)
  session.note('IncrementalAlterConfigs', 1, `${label}, set`, codes)
  // Brokers take settings over a little later than they answer.
  await new Promise(resolve => setTimeout(resolve, 500))
  const configurationKeys = changes.map(([name]) => name)
  const resources = [{ resourceType: type, resourceName, configurationKeys }]
  const { results } = await session.prepare(DescribeConfigs, 4, { resources, includeSynonyms: true })
  const told = results[0]!.configs.map(({ name, value, configSource, readOnly, isSensitive, synonyms }) => [
    name,
    { value, configSource, readOnly, isSensitive, synonyms: synonyms.map(each => [each.name, each.source]) },
  ])
  session.note('DescribeConfigs', 4, `${label}, as they were set`, Object.fromEntries(told))
}

function others(properties: Properties, isMeant: (name: string) => boolean = () => true): Change[] {
  return Object.entries(properties).flatMap(([name, property]): Change[] => {
    const value = isMeant(name) ? otherValue(property) : null
    return value === null ? [] : [[name, value]]
  })
}

async function ofTopics(session: Session): Promise<void> {
  const name = session.name('every')
  await session.topic(name)
  await verdicts(session, 'topics', types.topic, name, topicProperties)
  await asSet(session, 'topics', types.topic, name, others(topicProperties))
}

async function ofGroups(session: Session): Promise<void> {
  const name = session.name('every')
  await verdicts(session, 'groups', types.group, name, groupProperties)
  await asSet(session, 'groups', types.group, name, others(groupProperties))
}

async function ofBrokers(session: Session): Promise<void> {
  await verdicts(session, 'one broker', types.broker, '1', brokerProperties)
  await verdicts(session, 'all brokers', types.broker, '', brokerProperties)
}

/** Those that change while a broker runs, but for what other cases and connections live by. */
function isChanged(name: string): boolean {
  const property = (brokerProperties as Properties)[name]!
  return property.updateMode === 'cluster-wide' && !/^(ssl|sasl|listener)|listeners|connection/.test(name)
}

async function ofRunningBrokers(session: Session): Promise<void> {
  const changes = others(brokerProperties, isChanged)
  try {
    await asSet(session, 'all brokers', types.broker, '', changes)
  } finally {
    for (const [name] of changes) await alter(session, types.broker, '', [[name, null]], false)
  }
}

export const everyPropertyCases: readonly Case[] = [
  { name: 'every property: of topics', run: ofTopics },
  { name: 'every property: of groups', run: ofGroups },
  { name: 'every property: of brokers', run: ofBrokers },
  { name: 'every property: of brokers that run', run: ofRunningBrokers },
]
