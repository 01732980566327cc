/** Properties of consumer groups that are altered while the broker runs: which can be, and what groups do then. */
import { DescribeConfigs } from '../../protocol/messages/describe-configs.ts'
import { IncrementalAlterConfigs } from '../../protocol/messages/incremental-alter-configs.ts'
import type { Session } from '../session.ts'
import type { Case } from './case.ts'
import { nextAssignment, seen, world } from './consumer-group-world.ts'

const resourceTypes = { broker: 4, group: 32 }
const operations = { set: 0, delete: 1 }
const offload = 'group.consumer.assignor.offload.enable'
const interval = 'group.consumer.assignment.interval.ms'

/** Good values, and bad ones. */
const values: Readonly<Record<string, readonly string[]>> = {
  [offload]: ['maybe', 'false'],
  [interval]: ['-1', '15001', '0'],
  'group.coordinator.cached.buffer.max.bytes': ['524287', '524288'],
  'group.consumer.regex.refresh.interval.ms': ['9999', '10000'],
  'group.consumer.assignors': ['range'],
  'group.consumer.max.size': ['7'],
  'group.consumer.migration.policy': ['disabled'],
  'group.consumer.session.timeout.ms': ['46000'],
  'group.consumer.max.assignment.interval.ms': ['16000'],
}

type Owner = readonly [type: keyof typeof resourceTypes, name: string]

function altering(session: Session, [type, resourceName]: Owner) {
  const resource = { resourceType: resourceTypes[type], resourceName }
  const alter = async (label: string, name: string, value: string | null) => {
    const configOperation = value === null ? operations.delete : operations.set
    const resources = [{ ...resource, configs: [{ name, configOperation, value }] }]
    await session.send(IncrementalAlterConfigs, 1, { resources }, label)
  }
  const describe = async (label: string, configurationKeys: string[]) => {
    const resources = [{ ...resource, configurationKeys }]
    await session.send(DescribeConfigs, 4, { resources, includeSynonyms: true }, label)
  }
  return { alter, describe }
}

async function altered(session: Session): Promise<void> {
  for (const [owner, label] of [
    [['broker', '1'], 'of the broker'],
    [['broker', ''], 'of all brokers'],
  ] as const) {
    const { alter, describe } = altering(session, owner)
    for (const [name, texts] of Object.entries(values))
      for (const value of texts) await alter(`${name}=${value} ${label}`, name, value)
    await seen()
    await describe(`altered, ${label}`, [...Object.keys(values)])
    for (const name of Object.keys(values)) await alter(`${name} ${label} as it was`, name, null)
    await seen()
    await describe(`as it was, ${label}`, [...Object.keys(values)])
  }
}

/** Two members that join one after the other, and one that changes its mind. The second waits for its turn, unless all have theirs at once. */
async function twoMembers(session: Session, what: string, isAtOnce = false): Promise<void> {
  const { topicId, beat, joining, describe } = await world(session, what)
  const owned = (...partitions: number[]) => ({ topicPartitions: [{ topicId, partitions }] })
  await beat(`${what}: the first joins`, { ...joining, memberId: 'one' })
  if (!isAtOnce) await nextAssignment()
  await beat(`${what}: the second joins`, { ...joining, memberId: 'two' })
  await describe(`${what}: the second has joined`)
  if (!isAtOnce) await nextAssignment()
  await beat(`${what}: the first hears`, { memberId: 'one', memberEpoch: 2, ...owned(0, 1) })
  await beat(`${what}: it gives up`, { memberId: 'one', memberEpoch: 2, ...owned(0) })
  await describe(`${what}: it has given up`)
  await beat(`${what}: it wants another assignor`, {
    ...{ memberId: 'one', memberEpoch: 3, ...owned(0) },
    serverAssignor: 'range',
  })
  await describe(`${what}: it wanted another assignor`)
}

async function whileItRuns(session: Session): Promise<void> {
  const all = altering(session, ['broker', ''])
  const set = async (name: string, value: string | null) => {
    await all.alter(`${name} becomes ${value}`, name, value)
    await seen()
  }
  await twoMembers(session, 'before')
  await set(offload, 'false')
  await twoMembers(session, 'at-once')
  await set(interval, '0')
  await twoMembers(session, 'at-once-and-soon', true)
  await set(offload, null)
  await twoMembers(session, 'soon', true)
  await set(interval, null)
  const own = altering(session, ['group', session.name('of-its-own')])
  await own.alter('a group computes at once', 'consumer.assignor.offload.enable', 'false')
  await own.alter('a group is assigned soon', 'consumer.assignment.interval.ms', '0')
  await own.alter('what is no word for it', 'consumer.assignor.offload.enable', 'maybe')
  await seen()
  await own.describe('of a group', ['consumer.assignor.offload.enable', 'consumer.assignment.interval.ms'])
  await twoMembers(session, 'of-its-own', true)
  await twoMembers(session, 'after')
}

export const settingCases: readonly Case[] = [
  { name: 'consumer groups: properties that are altered', run: altered },
  { name: 'consumer groups: members while properties change', run: whileItRuns },
]
