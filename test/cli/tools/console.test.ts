/** The console tools, where they go beyond Kafka's or end before their time; what they share with these is in conformance/tools. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { Broker } from '../../../lib/broker.ts'
import { consume } from '../../../lib/cli/tools/consume.ts'
import { produce } from '../../../lib/cli/tools/produce.ts'
import { command, root } from '../command.ts'
import { addressOfNobody, interrupted, runHere } from './cluster.ts'

async function brokerOf(t: Test): Promise<string> {
  const broker = await Broker.start({ port: 0, ephemeral: true, dev: true, logLevel: 'error', topics: { orders: 3 } })
  t.teardown(() => broker.stop())
  return broker.bootstrap
}

function producing(bootstrap: string, stdin: string, ...args: readonly string[]) {
  return runHere(
    (argv, io) => produce(argv, { ...io, stdin: Readable.from([Buffer.from(stdin)]) as never }),
    ['--bootstrap-server', bootstrap, '--topic', 'orders', ...args],
  )
}

function consuming(bootstrap: string, ...args: readonly string[]) {
  return runHere(consume, ['--bootstrap-server', bootstrap, '--topic', 'orders', ...args])
}

const properties = (kind: string, names: readonly string[]) =>
  names.flatMap(name => [`--${kind}-property`, `${name}=true`])

t.test('what consume prints with all its parts is what produce reads', async t => {
  const bootstrap = await brokerOf(t)
  const lines = 'CreateTime:17\tPartition:2\th:1\ta\tone\nCreateTime:18\tPartition:2\th:1,i:2\tb\ttwo\n'
  const parts = ['timestamp', 'partition', 'headers', 'key']
  const parsing = properties(
    'reader',
    parts.map(part => `parse.${part}`),
  )
  t.match(await producing(bootstrap, lines, ...parsing), { code: 0, stdout: '', stderr: '' })
  const printing = properties(
    'formatter',
    parts.map(part => `print.${part}`),
  )
  const { stdout } = await consuming(bootstrap, '--from-beginning', '--max-messages', '2', ...printing)
  t.equal(stdout, lines)
})

t.test('with --transactional all lines are seen, or none', async t => {
  const bootstrap = await brokerOf(t)
  const keyed = [...properties('reader', ['parse.key']), '--transactional', 'tx']
  t.match(await producing(bootstrap, 'a\t1\nb\t2\n', ...keyed), { code: 0 })
  t.match(await producing(bootstrap, 'c\t3\nno key\n', ...keyed), { code: 1, stderr: /No key separator/ })
  t.match(await producing(bootstrap, 'd\t4\ne\t5\nf\t6\n', ...keyed, '--transaction-size', '2'), { code: 0 })
  const committed = ['--from-beginning', '--isolation-level', 'read_committed']
  const { stdout } = await consuming(bootstrap, ...committed, '--max-messages', '5')
  t.same(stdout.trim().split('\n').sort(), ['1', '2', '4', '5', '6'])
  const all = await consuming(bootstrap, ...committed, '--timeout-ms', '500')
  t.notMatch(all.stdout, /3/)
})

t.test('transactions of the broker are shown as JSON', async t => {
  const bootstrap = await brokerOf(t)
  await producing(bootstrap, 'one\n', '--transactional', 'tx')
  const formatter = ['--formatter', 'org.apache.kafka.tools.consumer.TransactionLogMessageFormatter']
  const args = ['--topic', '__transaction_state', '--from-beginning', '--max-messages', '1', ...formatter]
  const { stdout } = await runHere(consume, ['--bootstrap-server', bootstrap, ...args])
  const [first] = stdout.split('\n').map(line => JSON.parse(line || 'null'))
  t.match(first, { key: { type: 0, data: { transactionalId: 'tx' } }, value: { data: { producerEpoch: 0 } } })
})

t.test('records that a broker does not take are told of, one by one', async t => {
  const broker = await Broker.start({
    ...{ port: 0, ephemeral: true, dev: true, logLevel: 'error' as const, topics: { orders: 1 } },
    properties: { 'message.max.bytes': '200' },
  })
  t.teardown(() => broker.stop())
  const lines = `short\n${'x'.repeat(500)}\n`
  t.match(await producing(broker.bootstrap, lines, '--batch-size', '10'), {
    code: 0,
    stderr: /^ERROR Error when sending message to topic orders with key: null, value: 500 bytes with error: .*\n$/,
  })
  t.match(await producing(broker.bootstrap, lines, '--batch-size', '10', '--sync'), { code: 1, stderr: /./ })
})

t.test('consume ends quietly where nobody reads its output, and by Ctrl-C', async t => {
  const bootstrap = await brokerOf(t)
  await producing(bootstrap, 'line\n'.repeat(50_000))
  const args = ['consume', '--bootstrap-server', bootstrap, '--topic', 'orders', '--from-beginning']
  const start = () => spawn(process.execPath, [command, ...args], { cwd: root })
  const unread = start()
  let said = ''
  unread.stderr.on('data', chunk => {
    said += chunk
  })
  await once(unread.stdout, 'data')
  unread.stdout.destroy()
  t.same([(await once(unread, 'exit'))[0], said], [0, ''])
  const interrupted = start()
  await once(interrupted.stdout, 'data')
  interrupted.stdout.resume()
  interrupted.kill('SIGINT')
  t.equal((await once(interrupted, 'exit'))[0], 130)
})

t.test('Ctrl-C ends a consumer that has nothing to do, and says no more than how many there were', async t => {
  const bootstrap = await brokerOf(t)
  await producing(bootstrap, 'one\n')
  const args = ['consume', '--bootstrap-server', bootstrap, '--topic', 'orders', '--from-beginning']
  for (const [what, more, isRead] of [
    ['without a group', [], true],
    ['in a group', ['--group', 'g'], true],
    ['after head -1 has ended', [], false],
  ] as const) {
    const idle = spawn(process.execPath, [command, ...args, ...more], { cwd: root })
    let said = ''
    idle.stderr.on('data', chunk => {
      said += chunk
    })
    t.equal(String((await once(idle.stdout, 'data'))[0]), 'one\n', what)
    if (!isRead) idle.stdout.destroy()
    idle.kill('SIGINT')
    t.same([(await once(idle, 'close'))[0], said], [130, 'Processed a total of 1 messages\n'], what)
  }
})

t.test('Ctrl-C ends a producer that finds no broker for its first line', async t => {
  const args = ['--bootstrap-server', await addressOfNobody(), '--topic', 'orders']
  const stdin = Readable.from([Buffer.from('one\n')])
  const outcome = await interrupted(
    (argv, io) => produce(argv, { ...io, stdin: stdin as never }),
    args,
    () => true,
  )
  t.same(outcome, { code: 130, stdout: '', stderr: '' })
})
