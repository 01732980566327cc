/** `ottla groups --reset-offsets`: where offsets of groups are to be, and setting them. */
import { codes, KafkaError } from '../../../protocol/errors.ts'
import type { Admin } from '../../admin/admin.ts'
import type { TopicPartition } from '../../admin/by-leader.ts'
import { describeConsumerGroup } from '../../admin/consumer-groups.ts'
import { alterGroupOffsets, groupOffsets } from '../../admin/groups.ts'
import { listOffsets, offsetSpecs } from '../../admin/offsets.ts'
import { systemClock } from '../../base/clock.ts'
import type { Io } from '../io.ts'
import { columns, widthOf } from './columns.ts'
import { type GroupsOption, resetTargets } from './groups-options.ts'
import type { Offset } from './groups-plan.ts'
import { sentenceOf, thrownAs } from './kafka-words.ts'
import { durationMsOf, timeOf } from './times.ts'
import { type Given, ToolUsageError } from './tool.ts'

type Options = Given<GroupsOption>

/** Prints where offsets are to be, and with --execute sets them. */
export async function reset(admin: Admin, given: Options, groupIds: readonly string[], io: Io): Promise<void> {
  const planned = new Map<string, readonly Offset[]>()
  for (const groupId of groupIds) {
    const state = await stateOf(admin, groupId)
    if (state !== 'Empty' && state !== 'Dead') {
      const words = given.has('json') ? io.stderr : io.stdout
      words.write(
        `\nError: Assignments can only be reset if the group '${groupId}' is inactive, but the current state is ${state}.\n`,
      )
      planned.set(groupId, [])
      continue
    }
    const offsets = await plan(admin, given, groupId, io)
    if (given.has('execute') && offsets.length > 0) await set(admin, groupId, offsets)
    planned.set(groupId, offsets)
  }
  if (given.has('json')) {
    const rows = [...planned].flatMap(([group, offsets]) => offsets.map(each => ({ group, ...each })))
    io.stdout.write(`${JSON.stringify(rows)}\n`)
  } else if (given.has('export')) io.stdout.write(`${await csvOf(planned, given.all('group').length === 1)}\n`)
  else print(planned, io)
}

async function stateOf(admin: Admin, groupId: string): Promise<string> {
  try {
    return (await describeConsumerGroup(admin, groupId)).state
  } catch (error) {
    if (error instanceof KafkaError && error.code === codes.GROUP_ID_NOT_FOUND) return 'Dead'
    throw error
  }
}

async function set(admin: Admin, groupId: string, offsets: readonly Offset[]): Promise<void> {
  const failed = (await alterGroupOffsets(admin, groupId, offsets)).find(({ errorCode }) => errorCode !== 0)
  if (failed) throw new KafkaError(failed.errorCode, sentenceOf(failed.errorCode))
}

/** The group stands in each line, unless it is the only one that was named. */
async function csvOf(planned: ReadonlyMap<string, readonly Offset[]>, isOne: boolean): Promise<string> {
  const { lineOf } = await import('./groups-plan.ts')
  return [...planned]
    .flatMap(([group, offsets]) =>
      offsets.map(
        ({ topic, partition, offset }) => `${lineOf([...(isOne ? [] : [group]), topic, partition, offset])}\n`,
      ),
    )
    .join('')
}

function print(planned: ReadonlyMap<string, readonly Offset[]>, io: Io): void {
  const rows = [...planned].flatMap(([group, offsets]) =>
    offsets.map(({ topic, partition, offset }) => [group, topic, partition, offset] as const),
  )
  const widths = [
    widthOf(15, planned.keys()),
    widthOf(
      15,
      rows.map(row => row[1]),
    ),
    10,
  ]
  const head = planned.size === 0 ? [] : [['GROUP', 'TOPIC', 'PARTITION', 'NEW-OFFSET']]
  io.stdout.write(`${[...head, ...rows].map(cells => `\n${columns(widths, cells)}`).join('')}\n`)
}

async function plan(admin: Admin, given: Options, groupId: string, io: Io): Promise<readonly Offset[]> {
  const partitions = await partitionsOf(admin, given, groupId)
  const target = resetTargets.find(each => given.has(each))
  switch (target) {
    case 'to-earliest':
      return logOffsets(admin, partitions, offsetSpecs.earliest)
    case 'to-latest':
      return logOffsets(admin, partitions, offsetSpecs.latest)
    case 'to-offset': {
      const offset = given.long(target)!
      return within(
        admin,
        partitions.map(each => ({ ...each, offset })),
      )
    }
    case 'shift-by':
      return shifted(admin, groupId, partitions, given.long(target)!)
    case 'to-datetime':
      return atTime(admin, partitions, timeOf(given.one(target)!), given, io)
    case 'by-duration':
      return atTime(admin, partitions, systemClock.now() - durationMsOf(given.one(target)!), given, io)
    case 'to-current':
      return current(admin, groupId, partitions)
    case 'from-file':
      return within(
        admin,
        (await import('./groups-plan.ts')).planIn(given.one(target)!, given.all('group')).get(groupId) ?? [],
      )
    case undefined:
      throw new ToolUsageError(
        `Option '[reset-offsets]' requires one of the following scenarios: [[by-duration], [to-datetime], [from-file], [shift-by], [to-offset], [to-earliest], [to-current], [to-latest]]`,
      )
  }
}

async function partitionsOf(admin: Admin, given: Options, groupId: string): Promise<readonly TopicPartition[]> {
  if (given.has('all-topics')) return [...(await committedBy(admin, groupId)).values()]
  if (given.has('topic')) {
    const { partitions, missing } = await partitionsIn(admin, given.all('topic'))
    if (missing.length > 0) throw new Error(sentenceOf(codes.UNKNOWN_TOPIC_OR_PARTITION))
    await checkThere(admin, partitions)
    return partitions
  }
  if (given.has('from-file')) return []
  throw new ToolUsageError('One of the reset scopes should be defined: --all-topics, --topic.')
}

async function committedBy(admin: Admin, groupId: string): Promise<Map<string, Offset>> {
  const all = await groupOffsets(admin, groupId)
  const told = all.filter(({ errorCode, value }) => errorCode === 0 && value.offset >= 0)
  const sorted = told.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
  return new Map(
    sorted.map(({ topic, partition, value: { offset } }) => [`${topic}-${partition}`, { topic, partition, offset }]),
  )
}

async function checkThere(admin: Admin, partitions: readonly TopicPartition[]): Promise<void> {
  const { topics } = await admin.metadata([...new Set(partitions.map(({ topic }) => topic))])
  const unknown = partitions.filter(
    ({ topic, partition }) => !topics.get(topic)?.partitions.some(({ index }) => index === partition),
  )
  if (unknown.length > 0) {
    throw new Error(
      `The partitions "${unknown.map(({ topic, partition }) => `${topic}-${partition}`).join(',')}" do not exist`,
    )
  }
}

/** Partitions by `topic` or `topic:0,1`; and the topics that are not there. Throws ToolUsageError. */
export async function partitionsIn(
  admin: Admin,
  args: readonly string[],
): Promise<{ readonly partitions: TopicPartition[]; readonly missing: string[] }> {
  const partitions = args.filter(arg => arg.includes(':')).flatMap(specified)
  const whole = args.filter(arg => !arg.includes(':'))
  const missing: string[] = []
  if (whole.length > 0) {
    const { topics } = await admin.metadata(whole)
    for (const name of whole) {
      const topic = topics.get(name)
      if (topic === undefined || topic.errorCode !== 0) missing.push(name)
      else partitions.push(...topic.partitions.map(({ index }) => ({ topic: name, partition: index })))
    }
  }
  const distinct = new Map(partitions.map(each => [`${each.topic}-${each.partition}`, each]))
  return { partitions: [...distinct.values()], missing }
}

function specified(arg: string): TopicPartition[] {
  const [topic = '', indexes = '', ...more] = arg.replace(/:+$/, '').split(':')
  if (topic === '' || indexes === '' || more.length > 0)
    throw new ToolUsageError(`Invalid topic arg '${arg}', expected topic name and partitions`)
  return indexes
    .replace(/(?<=.),+$/, '')
    .split(',')
    .map(index => {
      if (!/^[+-]?\d{1,10}$/.test(index))
        throw new ToolUsageError(`Invalid partition '${index}' specified in topic arg '${arg}''`)
      return { topic, partition: Number(index) }
    })
}

async function logOffsets(
  admin: Admin,
  partitions: readonly TopicPartition[],
  spec: number,
): Promise<readonly Offset[]> {
  const found = await listOffsets(admin, partitions, spec)
  const failed = found.find(({ errorCode }) => errorCode !== 0)
  if (failed) {
    const { topic, partition, errorCode } = failed
    // In the words of Kafka's clients, which give what they caught as the reason of what they throw.
    const sentence =
      errorCode === codes.UNKNOWN_TOPIC_OR_PARTITION
        ? `${thrownAs(errorCode).split(': ')[0]}: Failed to fetch metadata for partition ${topic}-${partition} because metadata for topic \`${topic}\` could not be found`
        : thrownAs(errorCode)
    throw new Error(`java.util.concurrent.ExecutionException: ${sentence}`)
  }
  return found.map(({ topic, partition, value: { offset } }) => ({ topic, partition, offset }))
}

/** The nearest offsets that there are. */
async function within(admin: Admin, offsets: readonly Offset[]): Promise<readonly Offset[]> {
  const starts = await logOffsets(admin, offsets, offsetSpecs.earliest)
  const ends = await logOffsets(admin, offsets, offsetSpecs.latest)
  return offsets.map((each, index) => ({
    ...each,
    offset: Math.min(ends[index]!.offset, Math.max(starts[index]!.offset, each.offset)),
  }))
}

async function shifted(
  admin: Admin,
  groupId: string,
  partitions: readonly TopicPartition[],
  by: number,
): Promise<readonly Offset[]> {
  const committed = await committedBy(admin, groupId)
  const moved = partitions.map(({ topic, partition }) => {
    const own = committed.get(`${topic}-${partition}`)
    if (own === undefined) {
      throw new ToolUsageError(
        `Cannot shift offset for partition ${topic}-${partition} since there is no current committed offset`,
      )
    }
    return { topic, partition, offset: own.offset + by }
  })
  return within(admin, moved)
}

async function atTime(
  admin: Admin,
  partitions: readonly TopicPartition[],
  timestamp: number,
  given: Options,
  io: Io,
): Promise<readonly Offset[]> {
  const found = await logOffsets(admin, partitions, timestamp)
  const late = found.filter(({ offset }) => offset < 0)
  const words = given.has('json') ? io.stderr : io.stdout
  for (const { topic, partition } of late) {
    words.write(`\nWarn: Partition ${partition} from topic ${topic} is empty. Falling back to latest known offset.\n`)
  }
  const ends = late.length === 0 ? [] : await logOffsets(admin, found, offsetSpecs.latest)
  return found.map((each, index) => (each.offset < 0 ? ends[index]! : each))
}

async function current(
  admin: Admin,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<readonly Offset[]> {
  const committed = await committedBy(admin, groupId)
  const ends = await logOffsets(admin, partitions, offsetSpecs.latest)
  return ends.map(each => committed.get(`${each.topic}-${each.partition}`) ?? each)
}
