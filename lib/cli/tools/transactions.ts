/** `ottla transactions`: lists and describes transactions, and ends those that hang, with the options and output of `kafka-transactions`. */
import type { Admin } from '../../admin/admin.ts'
import { AdminError } from '../../admin/admin-error.ts'
import type { TopicPartition } from '../../admin/by-leader.ts'
import {
  abortTransaction,
  describeProducers,
  describeTransaction,
  findHanging,
  forceTerminateTransaction,
  listTransactions,
  type TransactionEnd,
} from '../../admin/transactions.ts'
import { systemClock } from '../../base/clock.ts'
import type { Io } from '../io.ts'
import { type Given, runTool, ToolUsageError, withAdmin } from './tool.ts'
import {
  checkTransactionsOptions,
  commandOf,
  type TransactionsCommand,
  type TransactionsOption,
  transactionsTool,
} from './transactions-options.ts'

type Options = Given<TransactionsOption>
/** Columns by their names as Kafka prints them, and the names that they have as JSON. */
type Columns = Readonly<Record<string, string>>
type Row = Readonly<Record<string, unknown>>

const [minuteMs, maxTransactionTimeoutMinutes] = [60_000, 15]

/** Carries out a command line; gives the exit code. */
export function transactions(argv: readonly string[], io: Io): Promise<number> {
  return runTool(
    transactionsTool,
    argv,
    io,
    async given => {
      const command = commandOf(argv)
      checkTransactionsOptions(command, given)
      await withAdmin(given, admin => commands[command](admin, given, io))
      return 0
    },
    error => io.stderr.write(`${error.message}\n`),
  )
}

const commands: Readonly<Record<TransactionsCommand, (admin: Admin, given: Options, io: Io) => Promise<void>>> = {
  async list(admin, given, io) {
    const listed = await told('Failed to list transactions', () =>
      listTransactions(admin, {
        durationMs: given.long('duration-filter'),
        pattern: given.one('transactional-id-pattern'),
      }),
    )
    const columns = {
      TransactionalId: 'transactionalId',
      Coordinator: 'coordinatorId',
      ProducerId: 'producerId',
      TransactionState: 'transactionState',
    }
    print(
      listed.map(each => ({ ...each })),
      columns,
      given,
      io,
    )
  },

  async describe(admin, given, io) {
    const id = given.one('transactional-id')!
    const described = await told(`Failed to describe transaction state of transactional-id \`${id}\``, () =>
      describeTransaction(admin, id),
    )
    const { transactionStartTimeMs: startMs, partitions, ...row } = described
    const isOpen = startMs >= 0
    const columns = {
      CoordinatorId: 'coordinatorId',
      TransactionalId: 'transactionalId',
      ProducerId: 'producerId',
      ProducerEpoch: 'producerEpoch',
      TransactionState: 'transactionState',
      TransactionTimeoutMs: 'transactionTimeoutMs',
      CurrentTransactionStartTimeMs: 'currentTransactionStartTimeMs',
      TransactionDurationMs: 'transactionDurationMs',
      TopicPartitions: 'topicPartitions',
    }
    const currentTransactionStartTimeMs = isOpen ? startMs : null
    const transactionDurationMs = isOpen ? systemClock.now() - startMs : null
    const topicPartitions = partitions.map(({ topic, partition }) => `${topic}-${partition}`)
    print([{ ...row, currentTransactionStartTimeMs, transactionDurationMs, topicPartitions }], columns, given, io)
  },

  async 'describe-producers'(admin, given, io) {
    const partition = partitionOf(given)
    const brokerId = given.int('broker-id')
    const where = brokerId === undefined ? 'leader' : `broker ${brokerId}`
    const producers = await told(`Failed to describe producers for partition ${nameOf(partition)} on ${where}`, () =>
      producersOf(admin, partition, brokerId),
    )
    const columns = {
      ProducerId: 'producerId',
      ProducerEpoch: 'producerEpoch',
      LatestCoordinatorEpoch: 'coordinatorEpoch',
      LastSequence: 'lastSequence',
      LastTimestamp: 'lastTimestamp',
      CurrentTransactionStartOffset: 'currentTxnStartOffset',
    }
    const rows = producers.map(each => ({
      ...each,
      currentTxnStartOffset: each.currentTxnStartOffset < 0 ? null : each.currentTxnStartOffset,
    }))
    print(rows, columns, given, io)
  },

  async abort(admin, given, io) {
    const transaction = await transactionToAbort(admin, given)
    await told(`Failed to abort transaction of producer ${transaction.producerId} in ${nameOf(transaction)}`, () =>
      abortTransaction(admin, transaction),
    )
    if (given.has('json')) {
      const { topic, partition, producerId, producerEpoch } = transaction
      io.stdout.write(`${JSON.stringify({ topic, partition, producerId, producerEpoch, result: 'aborted' })}\n`)
    }
  },

  async 'find-hanging'(admin, given, io) {
    const brokerId = given.int('broker-id')
    const minutes = given.int('max-transaction-timeout') ?? maxTransactionTimeoutMinutes
    if (!given.has('topic') && brokerId === undefined) {
      throw new ToolUsageError(
        'The `find-hanging` command requires either --topic or --broker-id to limit the scope of the search',
        { showHelp: false },
      )
    }
    const now = systemClock.now()
    const partitions = await partitionsToSearch(admin, given)
    const hanging = await findHanging(admin, partitions, now - minutes * minuteMs, brokerId)
    const columns = {
      Topic: 'topic',
      Partition: 'partition',
      ProducerId: 'producerId',
      ProducerEpoch: 'producerEpoch',
      CoordinatorEpoch: 'coordinatorEpoch',
      StartOffset: 'startOffset',
      LastTimestamp: 'lastTimestamp',
      'Duration(min)': 'durationMinutes',
    }
    const rows = hanging.map(({ topic, partition, producer }) => ({
      ...{ topic, partition },
      ...producer,
      startOffset: producer.currentTxnStartOffset,
      durationMinutes: Math.floor((now - producer.lastTimestamp) / minuteMs),
    }))
    print(rows, columns, given, io)
  },

  async forceTerminateTransaction(admin, given, io) {
    const id = given.one('transactionalId')!
    await told(`Failed to terminate the transaction of transactionalId \`${id}\``, () =>
      forceTerminateTransaction(admin, id),
    )
    if (given.has('json')) io.stdout.write(`${JSON.stringify({ transactionalId: id, result: 'terminated' })}\n`)
  },
}

/** What goes wrong is said with what was meant to be done. */
async function told<T>(what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw error instanceof AdminError ? new AdminError(error.code, `${what}: ${error.message}`) : error
  }
}

function partitionOf(given: Options): TopicPartition {
  return { topic: given.one('topic')!, partition: given.int('partition')! }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

async function producersOf(admin: Admin, partition: TopicPartition, brokerId?: number) {
  const [result] = await describeProducers(admin, [partition], brokerId)
  if (result!.errorCode !== 0) throw new AdminError(result!.errorCode)
  return result!.value
}

async function transactionToAbort(admin: Admin, given: Options): Promise<TransactionEnd> {
  const partition = partitionOf(given)
  const startOffset = given.long('start-offset')
  const producerId = given.long('producer-id')
  if (startOffset !== undefined) {
    const producers = await producersOf(admin, partition)
    const found = producers.find(each => each.currentTxnStartOffset === startOffset)
    if (!found) {
      throw new Error(
        `Could not find any open transactions starting at offset ${startOffset} on partition ${nameOf(partition)}`,
      )
    }
    // A producer whose transaction no coordinator has ended yet.
    return { ...partition, ...found, coordinatorEpoch: Math.max(0, found.coordinatorEpoch) }
  }
  if (producerId === undefined) {
    throw new ToolUsageError(
      'The transaction to abort must be identified either with --start-offset (for brokers on 3.0 or above) or with --producer-id, --producer-epoch, and --coordinator-epoch (for older brokers)',
      { showHelp: false },
    )
  }
  const epochOf = (name: 'producer-epoch' | 'coordinator-epoch') => {
    const epoch = given.int(name)
    if (epoch === undefined) throw new ToolUsageError(`Missing required argument --${name}`, { showHelp: false })
    return epoch
  }
  const producerEpoch = epochOf('producer-epoch')
  return { ...partition, producerId, producerEpoch, coordinatorEpoch: epochOf('coordinator-epoch') }
}

/** Of a topic, or of all topics where a broker is named: only those that it has. */
async function partitionsToSearch(admin: Admin, given: Options): Promise<TopicPartition[]> {
  const name = given.one('topic')
  const [index, brokerId] = [given.int('partition'), given.int('broker-id')]
  const { topics } = await admin.metadata(name === undefined ? null : [name])
  const found: TopicPartition[] = []
  for (const { name: topic, errorCode, partitions } of topics.values()) {
    if (errorCode !== 0) throw new AdminError(errorCode, `Failed to describe topic ${topic}: it is not there`)
    for (const { index: partition, replicas } of partitions) {
      const isMeant = index === undefined || index === partition
      if (isMeant && (brokerId === undefined || replicas.includes(brokerId))) found.push({ topic, partition })
    }
  }
  return found
}

/** As Kafka's tools print a table: each cell as wide as its column, and a tab behind it. */
function print(rows: readonly Row[], columns: Columns, given: Options, io: Io): void {
  const names = Object.entries(columns)
  if (given.has('json')) {
    const objects = rows.map(row => Object.fromEntries(names.map(([, name]) => [name, row[name] ?? null])))
    io.stdout.write(`${JSON.stringify(objects)}\n`)
    return
  }
  const table = [names.map(([title]) => title), ...rows.map(row => names.map(([, name]) => cellOf(row[name])))]
  const widths = names.map((_, column) => Math.max(...table.map(cells => cells[column]!.length)))
  for (const cells of table) {
    io.stdout.write(`${cells.map((cell, column) => `${cell.padEnd(widths[column]!)}\t`).join('')}\n`)
  }
}

function cellOf(value: unknown): string {
  return value === null || value === undefined ? 'None' : String(value)
}
