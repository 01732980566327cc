/** `ottla groups --describe`: offsets, members or states of groups. */
import type { Admin } from '../../admin/admin.ts'
import type { TopicPartition } from '../../admin/by-leader.ts'
import { type ConsumerGroup, type ConsumerGroupMember, describeConsumerGroup } from '../../admin/consumer-groups.ts'
import { type CommittedOffset, groupOffsets } from '../../admin/groups.ts'
import { listOffsets, offsetSpecs } from '../../admin/offsets.ts'
import type { Io } from '../io.ts'
import { columns, widthOf } from './columns.ts'
import type { GroupsOption } from './groups-options.ts'
import type { Given } from './tool.ts'

type Cells = readonly (string | number)[]

const widthMin = 15

/** Prints groups by their names, one table each. Rejects with AdminError where one is not there. */
export async function describe(
  admin: Admin,
  given: Given<GroupsOption>,
  groupIds: readonly string[],
  io: Io,
): Promise<void> {
  const groups: ConsumerGroup[] = []
  for (const groupId of [...groupIds].sort()) groups.push(await describeConsumerGroup(admin, groupId))
  const verbose = given.has('verbose')
  const json: unknown[] = []
  for (const group of groups) {
    const table = given.has('members')
      ? members(group, verbose)
      : given.has('state')
        ? await state(admin, group, verbose)
        : await offsets(admin, group, verbose)
    if (given.has('json')) {
      const { rows, titles } = table
      json.push(...rows.map(row => Object.fromEntries(titles.map((title, index) => [nameOf(title), row[index]]))))
      continue
    }
    const { isShown, sentence } = standing(group, table.rows.length > 0 || given.has('members'))
    if (sentence !== null) io.stderr.write(`\n${sentence}\n`)
    if (isShown)
      io.stdout.write(`\n${[table.titles, ...table.rows].map(row => `${columns(table.widths, row)}\n`).join('')}`)
  }
  if (given.has('json')) io.stdout.write(`${JSON.stringify(json)}\n`)
}

interface Table {
  readonly titles: readonly string[]
  readonly widths: readonly number[]
  readonly rows: readonly Cells[]
}

/** `CURRENT-OFFSET` as `currentOffset`. */
function nameOf(title: string): string {
  return title
    .replace(/ \(.*/, '')
    .replace('#', 'number-of-')
    .toLowerCase()
    .replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** What is said of a group's state, and whether there is a table of it. */
function standing({ groupId, state: name }: ConsumerGroup, hasRows: boolean) {
  switch (name) {
    case 'Dead':
      return { isShown: false, sentence: `Error: Consumer group '${groupId}' does not exist.` }
    case 'Empty':
      return { isShown: hasRows, sentence: `Consumer group '${groupId}' has no active members.` }
    case 'Stable':
      return { isShown: hasRows, sentence: null }
    default:
      return { isShown: hasRows, sentence: `Warning: Consumer group '${groupId}' is rebalancing.` }
  }
}

/** What a member has of the group's partitions, and what nobody has. */
interface Share {
  readonly partitions: readonly TopicPartition[]
  readonly member: ConsumerGroupMember | null
}

async function offsets(admin: Admin, group: ConsumerGroup, verbose: boolean): Promise<Table> {
  const committed = new Map<string, TopicPartition & CommittedOffset>()
  for (const { topic, partition, errorCode, value } of await groupOffsets(admin, group.groupId)) {
    if (errorCode === 0 && value.offset >= 0) committed.set(`${topic}-${partition}`, { topic, partition, ...value })
  }
  const shares = sharesOf(group, committed)
  const all = shares.flatMap(({ partitions }) => partitions)
  const ends = new Map<string, number>()
  for (const { topic, partition, errorCode, value } of await listOffsets(admin, all, offsetSpecs.latest)) {
    if (errorCode === 0) ends.set(`${topic}-${partition}`, value.offset)
  }
  const rows = shares.flatMap(({ partitions, member }) =>
    partitions.map(({ topic, partition }) => {
      const key = `${topic}-${partition}`
      const [own, end] = [committed.get(key), ends.get(key)]
      const epoch = own && own.leaderEpoch >= 0 ? own.leaderEpoch : '-'
      return [
        ...[group.groupId, topic, partition, ...(verbose ? [epoch] : [])],
        ...[own?.offset ?? '-', end ?? '-', own && end !== undefined ? end - own.offset : '-'],
        ...[member?.memberId ?? '-', member?.host ?? '-', member?.clientId ?? '-'],
      ]
    }),
  )
  const titles = [
    ...['GROUP', 'TOPIC', 'PARTITION', ...(verbose ? ['LEADER-EPOCH'] : [])],
    ...['CURRENT-OFFSET', 'LOG-END-OFFSET', 'LAG', 'CONSUMER-ID', 'HOST', 'CLIENT-ID'],
  ]
  const at = (index: number) =>
    widthOf(
      widthMin,
      rows.map(row => String(row.at(index))),
    )
  const numbers = verbose ? [15, 15, 15, 15] : [15, 15, 15]
  return { titles, rows, widths: [at(0), at(1), 10, ...numbers, at(-3), at(-2)] }
}

/** Members with the most partitions come first, and last what was committed and nobody has. */
function sharesOf(group: ConsumerGroup, committed: ReadonlyMap<string, TopicPartition>): Share[] {
  const shares: Share[] = group.members
    .filter(({ partitions }) => partitions.length > 0)
    .sort((a, b) => b.partitions.length - a.partitions.length)
    .map(member => ({ member, partitions: sorted(member.partitions) }))
  const taken = new Set(shares.flatMap(({ partitions }) => partitions.map(each => `${each.topic}-${each.partition}`)))
  const left = [...committed].filter(([key]) => !taken.has(key)).map(([, each]) => each)
  if (left.length > 0) shares.push({ member: null, partitions: sorted(left) })
  return shares
}

function sorted(partitions: readonly TopicPartition[]): TopicPartition[] {
  return [...partitions].sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
}

function members({ groupId, assignmentEpoch, members: all }: ConsumerGroup, verbose: boolean): Table {
  const hasInstances = all.some(({ instanceId }) => instanceId !== null)
  // It is told only while the group is between the two protocols.
  const isMixed = verbose && all.some(({ isUpgraded }) => isUpgraded === false)
  const titles = [
    ...['GROUP', 'CONSUMER-ID', ...(hasInstances ? ['GROUP-INSTANCE-ID'] : []), 'HOST', 'CLIENT-ID', '#PARTITIONS'],
    ...(verbose ? ['CURRENT-EPOCH', 'CURRENT-ASSIGNMENT', 'TARGET-EPOCH', 'TARGET-ASSIGNMENT'] : []),
    ...(isMixed ? ['UPGRADED'] : []),
    // A space is behind the last column.
    '',
  ]
  const rows = all.map(member => [
    ...[groupId, member.memberId, ...(hasInstances ? [member.instanceId ?? ''] : []), member.host, member.clientId],
    member.partitions.length,
    ...(verbose ? epochs(member, assignmentEpoch) : []),
    ...(isMixed ? [String(member.isUpgraded)] : []),
    '',
  ])
  const at = (least: number, index: number) =>
    widthOf(
      least,
      rows.map(row => String(row[index])),
    )
  const fixed = hasInstances
    ? [at(15, 0), at(15, 1), at(17, 2), at(15, 3), at(15, 4), 15]
    : [at(15, 0), at(15, 1), at(15, 2), at(15, 3), 15]
  const from = fixed.length
  return {
    titles,
    rows,
    widths: [...fixed, ...(verbose ? [15, at(20, from + 1), 15, at(20, from + 3)] : []), ...(isMixed ? [15] : [])],
  }
}

function epochs({ epoch, partitions, target }: ConsumerGroupMember, targetEpoch: number | null): Cells {
  return [epoch ?? '-', assignment(partitions), targetEpoch ?? '-', target === null ? '-' : assignment(target)]
}

/** `orders:0,1;other:2`, and `-` where there is nothing. */
function assignment(partitions: readonly TopicPartition[]): string {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of sorted(partitions)) topics.set(topic, [...(topics.get(topic) ?? []), partition])
  return [...topics].map(([topic, indexes]) => `${topic}:${indexes.join(',')}`).join(';') || '-'
}

async function state(admin: Admin, group: ConsumerGroup, verbose: boolean): Promise<Table> {
  const nodeId = await admin.coordinatorId('group', group.groupId)
  const node = (await admin.brokers()).find(each => each.nodeId === nodeId)
  const coordinator = `${node?.host ?? ''}:${node?.port ?? ''}  (${nodeId})`
  const { groupId, epoch, assignmentEpoch } = group
  const titles = [
    ...['GROUP', 'COORDINATOR (ID)', 'ASSIGNMENT-STRATEGY', 'STATE'],
    ...(verbose ? ['GROUP-EPOCH', 'TARGET-ASSIGNMENT-EPOCH'] : []),
    '#MEMBERS',
  ]
  const row = [
    ...[groupId, coordinator, group.assignor || '-', group.state],
    ...(verbose ? [epoch ?? '-', assignmentEpoch ?? '-'] : []),
    group.members.length,
  ]
  const widths = [widthOf(widthMin, [groupId]), widthOf(25, [coordinator]), 20, 20, ...(verbose ? [15, 25] : [])]
  return { titles, widths, rows: [row] }
}
