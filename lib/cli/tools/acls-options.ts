/** The options of `ottla acls`, and which of them go together. */
import { connectionOptions, type Given, type Tool, ToolUsageError } from './tool.ts'

const options = {
  add: { doc: 'add rules' },
  remove: { doc: 'remove rules: those that are named, or all of a resource where nobody is named' },
  list: { doc: 'the rules that there are, of all resources or of those that are named' },
  topic: { value: 'TOPIC', doc: 'a topic; as often as wanted; * for all', multiple: true },
  group: { value: 'GROUP', doc: 'the same for a consumer group', multiple: true },
  cluster: { doc: 'the cluster' },
  'transactional-id': { value: 'ID', doc: 'the same for a transactional id', multiple: true },
  'delegation-token': { value: 'ID', doc: 'the same for a delegation token', multiple: true },
  'user-principal': {
    value: 'USER',
    doc: 'the same for a user, as User:alice, whose tokens are meant',
    multiple: true,
  },
  'resource-pattern-type': {
    value: 'TYPE',
    doc: 'literal or prefixed (literal); to list and remove also any, for both, and match, for all that affect the resource',
  },
  'allow-principal': { value: 'USER', doc: 'who may, as User:alice; User:* for everybody', multiple: true },
  'deny-principal': { value: 'USER', doc: 'who may not, whatever other rules say', multiple: true },
  principal: { value: 'USER', doc: 'with --list: only rules for these', multiple: true, isOptional: true },
  'allow-host': { value: 'ADDRESS', doc: 'from where those who may (*)', multiple: true },
  'deny-host': { value: 'ADDRESS', doc: 'from where those who may not (*)', multiple: true },
  operation: {
    value: 'OPERATION',
    doc: 'Read, Write, Create, Delete, Alter, Describe, ClusterAction, DescribeConfigs, AlterConfigs, IdempotentWrite, CreateTokens, DescribeTokens, TwoPhaseCommit or All (All)',
    multiple: true,
  },
  producer: { doc: 'what a producer needs on its topics and transactional ids' },
  idempotent: { doc: 'with --producer: what an idempotent one needs of old brokers' },
  consumer: { doc: 'what a consumer needs on its topics and groups' },
  force: { doc: 'do not ask before rules are removed' },
  json: { doc: 'print JSON' },
  'bootstrap-controller': { value: 'HOST:PORT,...', doc: 'is for KRaft, and refused: rules are kept by brokers' },
  ...connectionOptions,
} as const

export type AclsOption = keyof typeof options

export const aclsTool: Tool<AclsOption> = {
  name: 'kafka-acls',
  about: 'adds, removes and lists rules of who may do what',
  example:
    'acls --bootstrap-server localhost:9092 --add --allow-principal User:alice --consumer --topic orders --group readers',
  options,
  badOption: 'help',
}

/** With which of the others each option cannot go, in the order in which it is looked. */
const conflicts: readonly (readonly [AclsOption, readonly AclsOption[]])[] = [
  ['list', ['producer', 'consumer', 'allow-host', 'allow-principal', 'deny-host', 'deny-principal']],
  ['producer', ['operation', 'deny-principal', 'deny-host']],
  ['consumer', ['operation', 'deny-principal', 'deny-host']],
]

/** Throws ToolUsageError where the command line makes no sense. */
export function checkAclsOptions(given: Given<AclsOption>): void {
  const servers = [given.has('bootstrap-server'), given.has('bootstrap-controller')]
  if (servers.every(is => is))
    throw new ToolUsageError('Only one of --bootstrap-server or --bootstrap-controller must be specified')
  if (!servers.some(is => is))
    throw new ToolUsageError('One of --bootstrap-server or --bootstrap-controller must be specified')
  if (given.has('bootstrap-controller')) {
    throw new ToolUsageError('there are no controllers to ask; name a broker by --bootstrap-server', {
      showHelp: false,
    })
  }
  if ((['list', 'add', 'remove'] as const).filter(action => given.has(action)).length !== 1)
    throw new ToolUsageError('Command must include exactly one action: --list, --add, --remove.')
  for (const [option, others] of conflicts) for (const other of others) given.refuseTogether(other, [option])
  if (given.has('principal') && !given.has('list'))
    throw new ToolUsageError('The --principal option is only available if --list is set')
  if (given.has('producer') && !given.has('topic'))
    throw new ToolUsageError('With --producer you must specify a --topic')
  if (given.has('idempotent') && !given.has('producer'))
    throw new ToolUsageError('The --idempotent option is only available if --producer is set')
  const isConsumers = given.has('topic') && given.has('group')
  const isOthers = !given.has('producer') && (given.has('cluster') || given.has('transactional-id'))
  if (given.has('consumer') && (!isConsumers || isOthers)) {
    throw new ToolUsageError(
      'With --consumer you must specify a --topic and a --group and no --cluster or --transactional-id option should be specified.',
    )
  }
}
