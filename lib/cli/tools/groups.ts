/** `ottla groups`: lists, describes and deletes consumer groups and changes their offsets, with the options and output of `kafka-consumer-groups`. */
import { codeName, codes, KafkaError } from '../../../protocol/errors.ts'
import type { Admin } from '../../admin/admin.ts'
import type { TopicPartition } from '../../admin/by-leader.ts'
import { deleteGroupOffsets, deleteGroups, type ListedGroup, listGroups } from '../../admin/groups.ts'
import type { Io } from '../io.ts'
import { columns, widthOf } from './columns.ts'
import { describe } from './groups-describe.ts'
import {
  checkedStates,
  checkedTypes,
  checkGroupsOptions,
  type GroupsOption,
  groupsTool,
  timeoutMsIn,
} from './groups-options.ts'
import { partitionsIn, reset } from './groups-reset.ts'
import { sentenceOf, thrownAs } from './kafka-words.ts'
import { type Given, runTool, withAdmin } from './tool.ts'

type Options = Given<GroupsOption>

/** Carries out a command line; gives the exit code, which is 0 even where a group was not there, as Kafka's tool has it. */
export async function kafkaConsumerGroups(argv: readonly string[], io: Io): Promise<number> {
  let failed = false
  const code = await runTool(
    groupsTool,
    argv,
    io,
    async given => {
      checkGroupsOptions(given, sentence => io.stderr.write(`${sentence}\n`))
      if (given.has('validate-regex')) {
        await validate(given.one('validate-regex')!, given.has('json'), io)
        return 0
      }
      await withAdmin(given, admin => carryOut(admin, given, io), { timeoutMs: timeoutMsIn(given) })
      return 0
    },
    (error, words) => {
      failed = true
      tellFailure(error, words, io)
    },
  )
  return failed ? 0 : code
}

function tellFailure(error: Error, words: NodeJS.WritableStream, io: Io): void {
  const said = error instanceof KafkaError ? thrownAs(error) : error.message
  words.write(`\nError: Executing consumer group command failed due to ${said}\n`)
  io.stderr.write(`${sentenceOf(error)}\n`)
}

async function carryOut(admin: Admin, given: Options, io: Io): Promise<void> {
  if (given.has('list')) return list(admin, given, io)
  if (given.has('describe')) return describe(admin, given, await named(admin, given), io)
  if (given.has('reset-offsets')) return reset(admin, given, await named(admin, given), io)
  if (given.has('delete')) return remove(admin, await named(admin, given), given.has('json'), io)
  return removeOffsets(admin, given, io)
}

async function named(admin: Admin, given: Options): Promise<readonly string[]> {
  return given.has('all-groups')
    ? (await consumerGroups(admin)).map(({ groupId }) => groupId)
    : [...new Set(given.all('group'))]
}

/** Of the groups of consumers: those of other clients have protocols of their own. */
function consumerGroups(admin: Admin, filter: Parameters<typeof listGroups>[1] = {}): Promise<readonly ListedGroup[]> {
  const types = filter.types && filter.types.length > 0 ? filter.types : ['Consumer', 'Classic']
  return listGroups(admin, { ...filter, types }).then(groups =>
    groups.filter(({ protocolType }) => protocolType === 'consumer' || protocolType === ''),
  )
}

async function list(admin: Admin, given: Options, io: Io): Promise<void> {
  const [stateText, typeText] = [given.one('state'), given.one('type')]
  const states = stateText ? checkedStates(stateText) : []
  const types = typeText ? checkedTypes(typeText) : []
  const groups = await consumerGroups(admin, { states, types })
  const typeOf = ({ groupType }: ListedGroup) =>
    groupType ? groupType[0]!.toUpperCase() + groupType.slice(1) : 'Unknown'
  if (given.has('json')) {
    const rows = groups.map(group => ({ group: group.groupId, type: typeOf(group), state: group.groupState }))
    io.stdout.write(`${JSON.stringify(rows)}\n`)
    return
  }
  if (stateText === undefined && typeText === undefined) {
    io.stdout.write(groups.map(({ groupId }) => `${groupId}\n`).join(''))
    return
  }
  const titles = ['GROUP', ...(typeText === undefined ? [] : ['TYPE']), ...(stateText === undefined ? [] : ['STATE'])]
  const rows = groups.map(group => [
    group.groupId,
    ...(typeText === undefined ? [] : [typeOf(group)]),
    ...(stateText === undefined ? [] : [group.groupState]),
  ])
  const least = 15
  const widths = [
    10 +
      widthOf(
        least,
        groups.map(({ groupId }) => groupId),
      ),
    20,
    20,
  ]
  io.stdout.write([titles, ...rows].map(cells => `${columns(widths, cells)}\n`).join(''))
}

async function remove(admin: Admin, groupIds: readonly string[], isJson: boolean, io: Io): Promise<void> {
  const results = await deleteGroups(admin, groupIds)
  if (isJson) {
    const rows = results.map(({ groupId, errorCode }) => ({ group: groupId, ...resultOf(errorCode) }))
    io.stdout.write(`${JSON.stringify(rows)}\n`)
    return
  }
  const quoted = (ids: readonly { readonly groupId: string }[]) => ids.map(({ groupId }) => `'${groupId}'`).join(', ')
  const done = results.filter(({ errorCode }) => errorCode === 0)
  const failed = results.filter(({ errorCode }) => errorCode !== 0)
  if (failed.length === 0) {
    io.stdout.write(`Deletion of requested consumer groups (${quoted(done)}) was successful.\n`)
    return
  }
  io.stdout.write('\nError: Deletion of some consumer groups failed:\n')
  for (const { groupId, errorCode } of failed)
    io.stdout.write(`* Group '${groupId}' could not be deleted due to: ${thrownAs(errorCode)}\n`)
  if (done.length > 0) io.stdout.write(`\nThese consumer groups were deleted successfully: ${quoted(done)}\n`)
}

/** What became of what was to be deleted, for JSON. */
function resultOf(errorCode: number) {
  if (errorCode === 0) return { result: 'deleted' }
  return { result: 'failed', error: codeName(errorCode), message: sentenceOf(errorCode) }
}

async function removeOffsets(admin: Admin, given: Options, io: Io): Promise<void> {
  const groupIds = given.all('group')
  if (groupIds.length > 1) throw new Error('Found multiple arguments for option group, but you asked for only one')
  const groupId = groupIds[0]!
  const { partitions, missing } = await partitionsIn(admin, given.all('topic'))
  const rows = missing.map(topic => ({
    topic,
    partition: '-',
    status: `Error: ${thrownAs(codes.UNKNOWN_TOPIC_OR_PARTITION)}`,
  }))
  let failure: number | null = null
  const statuses = await deletedOffsets(admin, groupId, partitions).catch(error => {
    if (!(error instanceof KafkaError)) throw error
    failure = error.code
    return partitions.map(each => ({ ...each, errorCode: error.code }))
  })
  if (given.has('json')) {
    const gone = missing.map(topic => ({ topic, partition: null, errorCode: codes.UNKNOWN_TOPIC_OR_PARTITION }))
    const told = [...gone, ...statuses].map(({ topic, partition, errorCode }) => ({
      ...{ group: groupId, topic, partition },
      ...resultOf(errorCode),
    }))
    io.stdout.write(`${JSON.stringify(told)}\n`)
    return
  }
  for (const { topic, partition, errorCode } of statuses) {
    const status = errorCode === 0 ? 'Successful' : `Error: ${thrownAs(errorCode)}`
    rows.push({ topic, partition: String(partition), status })
  }
  if (failure !== null) io.stdout.write(`\nError: ${sentenceOf(failure)}\n`)
  else if (statuses.some(({ errorCode }) => errorCode !== 0))
    io.stdout.write('\nError: Encountered some partition-level error, see the follow-up details.\n')
  else io.stdout.write(`Request succeeded for deleting offsets from group ${groupId}.\n`)
  const widths = [
    widthOf(
      15,
      rows.map(({ topic }) => topic),
    ),
    10,
    15,
  ]
  const sorted = rows.sort((a, b) => (a.topic + a.partition < b.topic + b.partition ? -1 : 1))
  io.stdout.write(`\n${columns(widths, ['TOPIC', 'PARTITION', 'STATUS'])}\n`)
  for (const { topic, partition, status } of sorted) io.stdout.write(`${columns(widths, [topic, partition, status])}\n`)
}

async function deletedOffsets(admin: Admin, groupId: string, partitions: readonly TopicPartition[]) {
  return partitions.length === 0 ? [] : deleteGroupOffsets(admin, groupId, partitions)
}

async function validate(pattern: string, isJson: boolean, io: Io): Promise<void> {
  const { patternFault } = await import('../../base/pattern.ts')
  const fault = await patternFault(pattern)
  if (isJson) {
    io.stdout.write(`${JSON.stringify({ pattern, isValid: fault === null, fault })}\n`)
    return
  }
  io.stdout.write(
    fault === null
      ? `The regular expression \`${pattern}\` is valid.\n`
      : `The regular expression \`${pattern}\` is invalid: ${fault}.\n`,
  )
}
