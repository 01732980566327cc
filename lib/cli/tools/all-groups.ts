/** `ottla all-groups`: lists groups of every type, with the options and output of `kafka-groups`. */
import type { Admin } from '../../admin/admin.ts'
import { type ListedGroup, listGroups } from '../../admin/groups.ts'
import type { Io } from '../io.ts'
import { columns, widthOf } from './columns.ts'
import { sentenceOf } from './kafka-words.ts'
import { connectionOptions, type Given, runTool, type Tool, ToolUsageError, withAdmin } from './tool.ts'

const options = {
  list: { doc: 'the groups' },
  'group-type': { value: 'TYPE', doc: 'only groups of this type: classic, consumer, share or streams' },
  protocol: { value: 'PROTOCOL', doc: 'only groups of this protocol' },
  consumer: { doc: 'only groups of consumers, of both protocols and those without members' },
  share: { doc: 'only share groups' },
  streams: { doc: 'only streams groups' },
  json: { doc: 'print JSON instead of a table' },
  ...connectionOptions,
} as const

type Option = keyof typeof options

const tool: Tool<Option> = {
  name: 'all-groups',
  about: 'lists groups of every type',
  example: 'all-groups --bootstrap-server localhost:9092 --list --consumer',
  badOption: 'help',
  options,
}

const types = ['classic', 'consumer', 'share', 'streams']
const filters = ['group-type', 'protocol', 'consumer', 'share', 'streams'] as const

/** Carries out a command line; gives the exit code. */
export function kafkaGroups(argv: readonly string[], io: Io): Promise<number> {
  return runTool(
    tool,
    argv,
    io,
    async given => {
      check(given)
      await withAdmin(given, admin => list(admin, given, io))
      return 0
    },
    error => io.stderr.write(`${sentenceOf(error)}\n`),
  )
}

function check(given: Given<Option>): void {
  if (!given.has('bootstrap-server')) throw new ToolUsageError('Missing required option(s) [bootstrap-server]')
  if (!given.has('list')) throw new ToolUsageError('Command must include exactly one action: --list.')
  const type = given.one('group-type')
  for (const filter of ['share', 'streams', 'protocol', 'group-type'] as const)
    given.refuseTogether(filter, ['consumer'])
  given.refuseTogether('streams', ['share'])
  for (const filter of ['protocol', 'group-type'] as const) given.refuseTogether(filter, ['share', 'streams'])
  if (type !== undefined && !types.includes(type.toLowerCase()))
    throw new Error('--group-type must be a valid group type.')
}

async function list(admin: Admin, given: Given<Option>, io: Io): Promise<void> {
  const isAll = !filters.some(filter => given.has(filter))
  const rows = (await listGroups(admin))
    .filter(group => isAll || isMeant(group, given))
    .map(({ groupId, groupType, protocolType }) => [groupId, titled(groupType), protocolType])
  if (given.has('json')) {
    io.stdout.write(`${JSON.stringify(rows.map(([group, type, protocol]) => ({ group, type, protocol })))}\n`)
    return
  }
  const widths = [
    widthOf(
      20,
      rows.map(([group]) => group!),
    ),
    20,
    20,
  ]
  io.stdout.write([['GROUP', 'TYPE', 'PROTOCOL'], ...rows].map(cells => `${columns(widths, cells)}\n`).join(''))
}

function isMeant({ groupType, protocolType }: ListedGroup, given: Given<Option>): boolean {
  const type = groupType.toLowerCase()
  if (given.has('consumer')) {
    return type === 'consumer' || (type === 'classic' && (protocolType === 'consumer' || protocolType === ''))
  }
  const wanted = given.has('share')
    ? 'share'
    : given.has('streams')
      ? 'streams'
      : given.one('group-type')?.toLowerCase()
  const protocol = given.one('protocol')
  return (wanted === undefined || type === wanted) && (protocol === undefined || protocolType === protocol)
}

function titled(type: string): string {
  return type === '' ? 'Unknown' : type[0]!.toUpperCase() + type.slice(1)
}
