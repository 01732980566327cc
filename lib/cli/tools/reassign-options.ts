/** The options of `ottla reassign`, and which of them go together. */
import { connectionOptions, type Given, type Tool, ToolUsageError } from './tool.ts'

const options = {
  generate: { doc: 'propose where partitions of topics could be on a list of brokers' },
  execute: { doc: 'begin what a file says' },
  verify: { doc: 'how far it is; takes limits away when it is done' },
  cancel: { doc: 'call it off' },
  list: { doc: 'what is under way' },
  'reassignment-json-file': {
    value: 'FILE',
    doc: '{"partitions": [{"topic": "a", "partition": 0, "replicas": [1, 2], "log_dirs": ["any", "any"]}], "version": 1}',
  },
  'topics-to-move-json-file': { value: 'FILE', doc: 'with --generate: {"topics": [{"topic": "a"}], "version": 1}' },
  'broker-list': { value: '1,2', doc: 'with --generate: the brokers' },
  'disable-rack-aware': { doc: 'with --generate: accepted; racks do not count' },
  throttle: { value: 'BYTES', doc: 'with --execute: bytes a second between brokers' },
  'replica-alter-log-dirs-throttle': { value: 'BYTES', doc: 'with --execute: bytes a second between directories' },
  additional: { doc: 'with --execute: beside what is under way' },
  'preserve-throttles': { doc: 'with --verify and --cancel: leave limits' },
  timeout: { value: 'MS', doc: 'with --execute: accepted' },
  json: { doc: 'print JSON' },
  ...connectionOptions,
} as const

export type ReassignOption = keyof typeof options

export const reassignTool: Tool<ReassignOption> = {
  name: 'reassign',
  about: 'moves partitions between brokers and data directories',
  example: 'reassign --bootstrap-server localhost:9092 --execute --reassignment-json-file plan.json',
  options,
}

const actions = ['generate', 'execute', 'verify', 'cancel', 'list'] as const
type Action = (typeof actions)[number]

const required: Readonly<Record<Action, readonly ReassignOption[]>> = {
  verify: ['reassignment-json-file'],
  generate: ['topics-to-move-json-file', 'broker-list'],
  execute: ['reassignment-json-file'],
  cancel: ['reassignment-json-file'],
  list: [],
}

const permitted: Readonly<Record<Action, readonly ReassignOption[]>> = {
  verify: ['preserve-throttles'],
  generate: ['disable-rack-aware'],
  execute: ['additional', 'replica-alter-log-dirs-throttle', 'throttle', 'timeout'],
  cancel: ['preserve-throttles'],
  list: [],
}

/** Throws ToolUsageError where the command line makes no sense. */
export function checkReassign(given: Given<ReassignOption>): Action {
  const [action, ...others] = actions.filter(each => given.has(each))
  if (action === undefined || others.length > 0) {
    throw new ToolUsageError(
      'Command must include exactly one action: --generate, --execute, --verify, --cancel, --list',
    )
  }
  if (!given.has('bootstrap-server'))
    throw new ToolUsageError('Please specify either --bootstrap-server or --bootstrap-controller')
  const missing = required[action].find(name => !given.has(name))
  if (missing) throw new ToolUsageError(`Missing required argument "[${missing}]"`)
  const known: readonly string[] = [
    action,
    ...required[action],
    ...permitted[action],
    ...Object.keys(connectionOptions),
    'json',
  ]
  const foreign = (Object.keys(options) as ReassignOption[]).find(name => given.has(name) && !known.includes(name))
  if (foreign) throw new ToolUsageError(`Option "[${foreign}]" can't be used with action "[${action}]"`)
  return action
}
