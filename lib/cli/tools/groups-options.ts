/** The options of `ottla groups`, and which of them go together. */
import { connectionOptions, type Given, type Tool, ToolUsageError } from './tool.ts'

const options = {
  list: { doc: 'the groups of consumers' },
  describe: { doc: 'groups with their offsets, members or state' },
  delete: { doc: 'delete groups that have no members' },
  'delete-offsets': { doc: 'forget offsets of a group' },
  'reset-offsets': { doc: 'set offsets of groups that have no members' },
  'validate-regex': { value: 'PATTERN', doc: 'whether a regular expression is one of RE2; needs no broker' },
  group: { value: 'GROUP', doc: 'the group; as often as wanted', multiple: true },
  'all-groups': { doc: 'all of them' },
  topic: { value: 'TOPIC[:0,1]', doc: 'a topic, or some of its partitions; as often as wanted', multiple: true },
  'all-topics': { doc: 'with --reset-offsets: all topics that the group has offsets of' },
  offsets: { doc: 'with --describe: committed offsets and what is behind them; this is the default' },
  members: { doc: 'with --describe: the members' },
  state: {
    value: 'STATES',
    isOptional: true,
    doc: 'with --describe: the state; with --list: a column of it, or only groups in these states',
  },
  type: { value: 'TYPES', isOptional: true, doc: 'with --list: a column of the type, or only groups of these types' },
  verbose: { doc: 'with --describe: more columns' },
  'to-earliest': { doc: 'reset to the first offset there is' },
  'to-latest': { doc: 'reset to the end' },
  'to-current': { doc: 'reset to what is committed; to the end where nothing is' },
  'to-offset': { value: 'OFFSET', doc: 'reset to this offset, or the nearest that there is' },
  'shift-by': { value: 'NUMBER', doc: 'reset by so many offsets, backward where it is negative' },
  'to-datetime': { value: 'TIME', doc: 'reset to the first record at this time or later: 2030-01-31T13:00:00.000' },
  'by-duration': { value: 'DURATION', doc: 'the same for a time that is so long ago: P1DT2H30M' },
  'from-file': { value: 'FILE', doc: 'reset to what a file says that --export wrote' },
  execute: { doc: 'with --reset-offsets: do it' },
  'dry-run': { doc: 'with --reset-offsets: only say what would be done; this is the default' },
  export: { doc: 'with --reset-offsets: print the new offsets as CSV' },
  timeout: { value: 'MS', doc: 'how long it may take (30000)' },
  json: { doc: 'print JSON' },
  ...connectionOptions,
} as const

export type GroupsOption = keyof typeof options

export const groupsTool: Tool<GroupsOption> = {
  name: 'groups',
  about: 'lists, describes and deletes consumer groups, and changes their offsets',
  example: 'groups --bootstrap-server localhost:9092 --describe --all-groups',
  options,
}

export const actions = ['list', 'describe', 'delete', 'reset-offsets', 'delete-offsets', 'validate-regex'] as const

/** In the order in which Kafka's tool looks at them. */
export const resetTargets = [
  ...(['to-offset', 'to-datetime', 'by-duration', 'to-earliest'] as const),
  ...(['to-latest', 'shift-by', 'to-current', 'from-file'] as const),
] as const

const timeoutMsDefault = 30_000

export function timeoutMsIn(given: Given<GroupsOption>): number {
  return given.long('timeout') ?? timeoutMsDefault
}

function unlike(sentence: string): ToolUsageError {
  return new ToolUsageError(sentence)
}

/** Throws ToolUsageError where the command line makes no sense; `warn` is told what only deserves a warning. */
export function checkGroupsOptions(given: Given<GroupsOption>, warn: (sentence: string) => void): void {
  const unavailable = (['members', 'offsets', 'verbose', 'type', 'state'] as const).find(
    option => given.has(option) && !availableWith[option].some(action => given.has(action)),
  )
  if (unavailable) {
    throw new ToolUsageError(`Option(s) [${unavailable}] are unavailable given other options on the command line`, {
      showHelp: false,
    })
  }
  if (!given.has('bootstrap-server') && !given.has('validate-regex')) {
    throw unlike('Missing required argument "[bootstrap-server]"')
  }
  const names = given.has('group') || given.has('all-groups')
  if (given.has('describe')) {
    if (!names) throw unlike('Option [describe] takes one of these options: [all-groups], [group]')
    if ((['members', 'offsets', 'state'] as const).filter(option => given.has(option)).length > 1)
      throw unlike('Option [describe] takes at most one of these options: [members], [offsets], [state]')
    if (given.one('state')) throw unlike('Option [describe] does not take a value for [state]')
  }
  if (given.has('delete')) {
    if (!names) throw unlike('Option [delete] takes one of these options: [all-groups], [group]')
    if (given.has('topic'))
      throw unlike('The consumer does not support topic-specific offset deletion from a consumer group.')
  }
  if (given.has('delete-offsets') && !(given.has('group') && given.has('topic')))
    throw unlike('Option [delete-offsets] takes the following options: [topic], [group]')
  if (given.has('reset-offsets')) checkReset(given, warn)
  given.refuseTogether('all-groups', ['group'])
  given.refuseTogether('list', ['group', 'topic'])
  given.refuseTogether('describe', ['topic'])
  if (actions.filter(action => given.has(action)).length !== 1) {
    throw unlike(
      'Command must include exactly one action: --list, --describe, --delete, --reset-offsets, --delete-offsets, --validate-regex',
    )
  }
}

const availableWith = {
  members: ['describe'],
  offsets: ['describe'],
  verbose: ['describe'],
  type: ['list'],
  state: ['describe', 'list'],
} as const

function checkReset(given: Given<GroupsOption>, warn: (sentence: string) => void): void {
  if (given.has('execute') && given.has('dry-run'))
    throw unlike('Option [reset-offsets] only accepts one of [execute] and [dry-run]')
  if (!given.has('execute') && !given.has('dry-run')) {
    warn(
      'WARN: No action will be performed as the --execute option is missing. In version 5.0, this command will require either --dry-run or --execute to be specified. You should add the --dry-run option explicitly if you are scripting this command and want to keep the current default behavior without prompting.',
    )
  }
  if (!given.has('group') && !given.has('all-groups'))
    throw unlike('Option [reset-offsets] takes one of these options: [group], [all-groups]')
  for (const target of resetTargets) {
    const other = resetTargets.find(each => each !== target && given.has(each))
    if (given.has(target) && other) throw unlike(`Option "[${target}]" can't be used with option "[${other}]"`)
  }
}

/** Numbers are looked at when they are used, as Kafka's tool does. Throws ToolUsageError. */
export function checkedStates(text: string): string[] {
  return checkedWords(text, states, bad => `Invalid state list '${bad}'. Valid states are: ${states.join(', ')}`)
}

export function checkedTypes(text: string): string[] {
  return checkedWords(text, types, bad => `Invalid types list '${bad}'. Valid types are: ${types.join(', ')}`)
}

const states = ['Empty', 'Reconciling', 'CompletingRebalance', 'Stable', 'Dead', 'PreparingRebalance', 'Assigning']
const types = ['Consumer', 'Classic']

function checkedWords(text: string, known: readonly string[], refusal: (text: string) => string): string[] {
  const words = text.split(',').map(word => word.trim().toLowerCase())
  const found = words.map(word => known.find(each => each.toLowerCase() === word))
  if (found.includes(undefined)) throw unlike(refusal(text))
  return found as string[]
}
