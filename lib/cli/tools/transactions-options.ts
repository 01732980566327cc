/** The commands and options of `ottla transactions`, and what each needs. */
import { ArgumentsError, connectionOptions, type Given, type Tool } from './tool.ts'

const options = {
  'duration-filter': { value: 'MS', doc: 'list: only transactions that run for longer; all where it is negative' },
  'transactional-id-pattern': { value: 'PATTERN', doc: 'list: only ids that match this regular expression as a whole' },
  'transactional-id': { value: 'ID', doc: 'describe: the transactional id; required' },
  topic: { value: 'TOPIC', doc: 'describe-producers, abort: the topic; required. find-hanging: only this one' },
  partition: {
    value: 'NUMBER',
    doc: 'describe-producers, abort: the partition; required. find-hanging: only this one',
  },
  'broker-id': { value: 'ID', doc: 'describe-producers, find-hanging: what this broker has, instead of the leaders' },
  'max-transaction-timeout': { value: 'MINUTES', doc: 'find-hanging: younger transactions are left out (15)' },
  'start-offset': { value: 'OFFSET', doc: 'abort: the first offset of the transaction' },
  'producer-id': { value: 'ID', doc: 'abort: with the next two instead of the offset, for brokers before 3.0' },
  'producer-epoch': { value: 'NUMBER', doc: 'abort: the epoch of the producer' },
  'coordinator-epoch': { value: 'NUMBER', doc: 'abort: the epoch of the coordinator' },
  transactionalId: { value: 'ID', doc: 'forceTerminateTransaction: the transactional id; required' },
  json: { doc: 'print JSON' },
  ...connectionOptions,
} as const

export type TransactionsOption = keyof typeof options

export const transactionsTool: Tool<TransactionsOption> = {
  name: 'transactions list|describe|describe-producers|abort|find-hanging|forceTerminateTransaction',
  about: 'looks at transactions, and ends those that hang',
  example: 'transactions --bootstrap-server localhost:9092 list',
  hasCommands: true,
  options,
}

interface CommandOptions {
  readonly required: readonly TransactionsOption[]
  readonly others: readonly TransactionsOption[]
}

const commandOptions = {
  list: { required: [], others: ['duration-filter', 'transactional-id-pattern'] },
  describe: { required: ['transactional-id'], others: [] },
  'describe-producers': { required: ['partition', 'topic'], others: ['broker-id'] },
  abort: {
    required: ['partition', 'topic'],
    others: ['start-offset', 'producer-id', 'producer-epoch', 'coordinator-epoch'],
  },
  'find-hanging': { required: [], others: ['broker-id', 'max-transaction-timeout', 'topic', 'partition'] },
  forceTerminateTransaction: { required: ['transactionalId'], others: [] },
} as const satisfies Record<string, CommandOptions>

export type TransactionsCommand = keyof typeof commandOptions

/** The command among the words of a command line, which may stand before or behind options. Throws ArgumentsError. */
export function commandOf(argv: readonly string[]): TransactionsCommand {
  const words: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!
    if (!word.startsWith('--')) words.push(word)
    // Its value is no command.
    else if (!word.includes('=') && word !== '--json') index++
  }
  const [command, ...stray] = words
  if (command === undefined) throw new ArgumentsError('too few arguments')
  if (!Object.hasOwn(commandOptions, command)) {
    const choices = Object.keys(commandOptions).map(each => `'${each}'`)
    throw new ArgumentsError(`invalid choice: '${command}' (choose from ${choices.join(', ')})`)
  }
  if (stray.length > 0) throw new ArgumentsError(`unrecognized arguments: '${stray.join(' ')}'`)
  return command as TransactionsCommand
}

/** Options are short for themselves as far as they are the command's. Throws ArgumentsError. */
export function checkTransactionsOptions(command: TransactionsCommand, given: Given<TransactionsOption>): void {
  const { required, others }: CommandOptions = commandOptions[command]
  if (!given.has('bootstrap-server')) throw new ArgumentsError('argument --bootstrap-server is required')
  const missing = required.find(name => !given.has(name))
  if (missing) throw new ArgumentsError(`argument --${missing} is required`)
  const ofAll = [...Object.keys(connectionOptions), 'json']
  const foreign = (Object.keys(options) as TransactionsOption[]).find(
    name => given.has(name) && !required.includes(name) && !others.includes(name) && !ofAll.includes(name),
  )
  if (foreign) throw new ArgumentsError(`unrecognized arguments: '--${foreign}'`)
}
