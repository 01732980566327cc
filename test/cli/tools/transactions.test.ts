/** ottla transactions: the commands, columns and exit codes of Apache Kafka 4.4's kafka-transactions, and the same as JSON. */
import t, { type Test } from 'tap'
import { Broker } from '../../../lib/broker.ts'
import { transactions } from '../../../lib/cli/tools/transactions.ts'
import { RunningBroker } from '../../transactions/running-broker.ts'
import { connect } from '../../turned-broker.ts'
import { runHere } from './cluster.ts'

async function start(t: Test, properties: Record<string, string> = {}) {
  const running = await Broker.start({ port: 0, ephemeral: true, dev: true, logLevel: 'error', properties })
  const client = await connect(running.bootstrap)
  t.teardown(async () => {
    await client.close()
    await running.stop()
  })
  const broker = await RunningBroker.of(client)
  const run = (...args: string[]) => runHere(transactions, ['--bootstrap-server', running.bootstrap, ...args])
  return { broker, run }
}

t.test('transactions are listed and described as Kafka’s tool prints them', async t => {
  const { broker, run } = await start(t)
  const producer = await broker.producer('open-1')
  await broker.send(producer, 'x')
  await broker.send(producer, 'y', { index: 1 })
  await broker.producer('idle')
  const { code, stdout } = await run('list')
  t.equal(code, 0)
  t.equal(
    stdout.split('\n').sort().join('\n'),
    [
      '',
      'TransactionalId\tCoordinator\tProducerId\tTransactionState\t',
      `idle           \t1          \t${producer.producerId + 1}         \tEmpty           \t`,
      `open-1         \t1          \t${producer.producerId}         \tOngoing         \t`,
    ].join('\n'),
  )
  t.match((await run('list', '--transactional-id-pattern', 'o.*')).stdout.split('\n'), { length: 3, 1: /^open-1/ })
  t.match((await run('list', '--duration-filter', '60000')).stdout.split('\n'), { length: 3, 1: /^idle/ })
  t.match(await run('list', '--transactional-id-pattern', '(('), { code: 1, stderr: /^Failed to list transactions: / })

  const described = await run('describe', '--transactional-id', 'open-1')
  const [head, row] = described.stdout.split('\n').map(line => line.split('\t').map(cell => cell.trim()))
  t.same(head, [
    ...['CoordinatorId', 'TransactionalId', 'ProducerId', 'ProducerEpoch', 'TransactionState', 'TransactionTimeoutMs'],
    ...['CurrentTransactionStartTimeMs', 'TransactionDurationMs', 'TopicPartitions', ''],
  ])
  t.match(row, [
    '1',
    'open-1',
    String(producer.producerId),
    '0',
    'Ongoing',
    '60000',
    /^\d{13}$/,
    /^\d+$/,
    'a-0,a-1',
    '',
  ])
  const json = JSON.parse((await run('describe', '--transactional-id', 'idle', '--json')).stdout)
  t.match(json, [{ transactionalId: 'idle', currentTransactionStartTimeMs: null, topicPartitions: [] }])
  t.match(await run('describe', '--transactional-id', 'none'), {
    code: 1,
    stderr: /^Failed to describe transaction state of transactional-id `none`: /,
  })
})

t.test('producers of a partition are described', async t => {
  const { broker, run } = await start(t)
  const producer = await broker.producer('t')
  await broker.send(producer, 'x')
  const { stdout } = await run('describe-producers', '--topic', 'a', '--partition', '0')
  t.equal(
    stdout.split('\n')[0],
    'ProducerId\tProducerEpoch\tLatestCoordinatorEpoch\tLastSequence\tLastTimestamp\tCurrentTransactionStartOffset\t',
  )
  t.match(stdout.split('\n')[1]!.split('\t').map(Number), [producer.producerId, 0, -1, 0, Number, 0])
  await broker.end(producer, true)
  await broker.completed('t')
  const [after] = JSON.parse((await run('describe-producers', '--json', '--topic', 'a', '--partition', '0')).stdout)
  t.match(after, { producerEpoch: 1, currentTxnStartOffset: null })
  t.match(await run('describe-producers', '--topic', 'a', '--partition', '0', '--broker-id', '9'), {
    code: 1,
    stderr: /^Failed to describe producers for partition a-0 on broker 9: /,
  })
})

t.test('a transaction that nobody coordinates is found and aborted, one that somebody does is not', async t => {
  const { broker, run } = await start(t, { 'transaction.partition.verification.enable': 'false' })
  const producer = await broker.producer('t')
  await broker.send(producer, 'known')
  const hanging = { ...producer, producerId: producer.producerId + 500, sequences: [0, 0] }
  t.equal(await broker.send(hanging, 'hanging', { version: 11 }), 0)
  const find = ['find-hanging', '--max-transaction-timeout', '-1']
  for (const scope of [
    ['--topic', 'a'],
    ['--broker-id', '1'],
    ['--topic', 'a', '--partition', '0'],
  ]) {
    const { stdout } = await run(...find, ...scope)
    const [head, ...rows] = stdout.trimEnd().split('\n')
    t.equal(
      head,
      'Topic\tPartition\tProducerId\tProducerEpoch\tCoordinatorEpoch\tStartOffset\tLastTimestamp\tDuration(min)\t',
    )
    t.equal(rows.length, 1)
    t.same(
      rows[0]!
        .split('\t')
        .slice(0, 6)
        .map(cell => cell.trim()),
      ['a', '0', String(hanging.producerId), '0', '-1', '1'],
    )
  }
  t.match(await run('find-hanging', '--topic', 'a', '--json'), { code: 0, stdout: '[]\n' }, 'it is too young')
  t.match(await run('find-hanging', '--topic', 'a', '--partition', '1'), { code: 0 })
  t.match(await run('find-hanging', '--partition', '0'), { code: 1, stderr: /requires either --topic or --broker-id/ })
  const abort = ['abort', '--topic', 'a', '--partition', '0']
  t.match(await run(...abort, '--start-offset', '1'), { code: 0, stdout: '', stderr: '' })
  t.equal((await broker.read('committed')).lastStableOffset, 0, 'the first is open')
  t.match(await run(...abort, '--start-offset', '1'), {
    code: 1,
    stderr: 'Could not find any open transactions starting at offset 1 on partition a-0\n',
  })
  t.match(await run(...abort), { code: 1, stderr: /^The transaction to abort must be identified either with / })
  t.match(await run(...abort, '--producer-id', '1'), {
    code: 1,
    stderr: 'Missing required argument --producer-epoch\n',
  })
  const by = ['--producer-id', String(producer.producerId), '--producer-epoch', '0', '--coordinator-epoch', '0']
  t.match(await run(...abort, ...by), { code: 0, stderr: '' })
  const { aborted } = await broker.read('committed')
  t.same(aborted.map(({ firstOffset }) => firstOffset).sort(), [0, 1])
})

t.test('a transactional id is taken over by force', async t => {
  const { broker, run } = await start(t)
  const producer = await broker.producer('t')
  await broker.send(producer, 'x')
  t.match(await run('forceTerminateTransaction', '--transactionalId', 't'), { code: 0, stdout: '', stderr: '' })
  t.equal(await broker.state('t'), 'Empty')
  t.equal((await broker.read('committed')).aborted.length, 1)
  t.equal(await broker.send(producer, 'y'), 47)
})

t.test('command lines that make no sense end with code 1', async t => {
  for (const [args, message] of [
    [['list'], /--bootstrap-server is required/],
    [['--bootstrap-server', 'h:1'], /\nottla transactions: error: too few arguments\n$/],
    [['--bootstrap-server', 'h:1', 'nope'], / invalid choice: 'nope' \(choose from 'list', /],
    [['--bootstrap-server', 'h:1', 'describe'], /--transactional-id is required/],
    [['--bootstrap-server', 'h:1', 'describe-producers', '--topic', 'a'], /--partition is required/],
    [['--bootstrap-server', 'h:1', 'list', '--topic', 'a'], /unrecognized arguments: '--topic'/],
    [
      ['--bootstrap-server', 'h:1', 'find-hanging', '--topic', 'a', '--partition', 'x'],
      / could not convert 'x' to Integer /,
    ],
    [['--bootstrap-server', 'h:1', 'list', 'stray'], /unrecognized arguments: 'stray'/],
    [['--bootstrap-server', 'h:1', 'describe', '--transactional-id'], /expected one argument/],
  ] as const)
    t.match(await runHere(transactions, args), { code: 1, stderr: message }, args.join(' '))
  t.match(await runHere(transactions, ['--help']), { code: 0, stdout: /find-hanging/ })
})
