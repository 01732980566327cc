/** ottla perf: the lines of Kafka's performance tools, and figures that fit what was done. */
import t, { type Test } from 'tap'
import { Broker } from '../../../lib/broker.ts'
import { perfConsume } from '../../../lib/cli/tools/perf-consume.ts'
import { perfLatency } from '../../../lib/cli/tools/perf-latency.ts'
import { perfProduce } from '../../../lib/cli/tools/perf-produce.ts'
import { ProduceStats } from '../../../lib/cli/tools/perf-stats.ts'
import { javaDate } from '../../../lib/cli/tools/times.ts'
import { addressOfNobody, interrupted, runHere } from './cluster.ts'

async function brokerOf(t: Test): Promise<string> {
  const broker = await Broker.start({ port: 0, ephemeral: true, dev: true, logLevel: 'error', topics: { orders: 2 } })
  t.teardown(() => broker.stop())
  return broker.bootstrap
}

t.test('what was produced is what is consumed, in the lines of Kafka', async t => {
  const bootstrap = await brokerOf(t)
  const records = ['--topic', 'orders', '--num-records', '3000']
  const produced = await runHere(perfProduce, [
    ...records,
    ...['--record-size', '100', '--throughput', '-1', '--warmup-records', '1000'],
    ...['--producer-props', `bootstrap.servers=${bootstrap}`, 'acks=1', 'linger.ms=1'],
  ])
  const rate = String.raw`\d+\.\d{6} records/sec \(\d+\.\d\d MB/sec\), \d+\.\d\d ms avg latency, \d+\.\d\d ms max latency, \d+ ms 50th, \d+ ms 95th, \d+ ms 99th, \d+ ms 99\.9th\.`
  t.match(produced, { code: 0, stderr: '' })
  const [older, warmup, total, steady] = produced.stdout.split('\n')
  t.match(
    older,
    /^Option --producer-props has been deprecated and will be removed in a future version\. Use --command-property/,
  )
  t.match(warmup, /^Warmup first 1000 records\./)
  t.match(total, new RegExp(`^3000 records sent, ${rate}$`))
  t.match(steady, new RegExp(`^2000 steady state records sent, ${rate}$`))
  const consumed = await runHere(perfConsume, ['--bootstrap-server', bootstrap, ...records])
  const [header, row] = consumed.stdout.split('\n')
  t.match(header, /^start\.time, end\.time, data\.consumed\.in\.MB, MB\.sec, .*, fetch\.nMsg\.sec$/)
  const columns = row!.split(', ')
  t.equal(columns.length, 10)
  t.same([columns[2], columns[4]], [(300_000 / 1024 / 1024).toFixed(4), '3000'])
})

t.test('the throughput that was asked for is kept to', async t => {
  const bootstrap = await brokerOf(t)
  const args = ['--topic', 'orders', '--num-records', '300', '--record-size', '10', '--throughput', '1000']
  const { stdout } = await runHere(perfProduce, ['--bootstrap-server', bootstrap, ...args])
  const [, rate] = /300 records sent, ([\d.]+) records/.exec(stdout)!
  // The first goes at once, so the last of 300 is due after 299 ms.
  t.ok(Number(rate) <= 1_004, rate)
})

t.test('records in transactions are all committed, the last one too', async t => {
  const bootstrap = await brokerOf(t)
  const args = ['--bootstrap-server', bootstrap, '--topic', 'orders', '--num-records', '40']
  const produced = ['--record-size', '10', '--throughput', '1000', '--transaction-duration-ms', '10']
  t.match(await runHere(perfProduce, [...args, ...produced]), { code: 0, stdout: /^40 records sent, /, stderr: '' })
  const committed = ['--command-property', 'isolation.level=read_committed', '--hide-header']
  const { stdout } = await runHere(perfConsume, [...args, ...committed])
  t.equal(stdout.split(', ')[4], '40')
})

t.test('Ctrl-C ends a producer at once: one that waits for its pace, and one that finds no broker', async t => {
  const bootstrap = await brokerOf(t)
  const args = ['--topic', 'orders', '--num-records', '10', '--record-size', '10', '--throughput', '0.001']
  const eachTold = ['--reporting-interval', '0']
  const waiting = await interrupted(
    perfProduce,
    ['--bootstrap-server', bootstrap, ...args, ...eachTold],
    text => text !== '',
  )
  t.match(waiting, { code: 130, stdout: /^1 records sent, .*\n1 records sent, .* 99\.9th\.\n$/, stderr: '' })
  const nobody = await addressOfNobody()
  const looking = await interrupted(perfProduce, ['--bootstrap-server', nobody, ...args], () => true)
  t.same(looking, { code: 130, stdout: '', stderr: '' })
  const measure = ['--topic', 'orders', '--num-records', '5', '--producer-acks', 'all', '--record-size', '5']
  const measuring = await interrupted(perfLatency, ['--bootstrap-server', nobody, ...measure], () => true)
  t.same(measuring, { code: 130, stdout: '', stderr: '' })
})

t.test('latency is told by record, with the topic made where it is not there', async t => {
  const bootstrap = await brokerOf(t)
  const { code, stdout } = await runHere(perfLatency, [bootstrap, 'fresh', '5', 'all', '50'])
  t.equal(code, 0)
  t.match(
    stdout,
    /^WARNING: Positional .*\nTopic "fresh" does not exist\. .*\n0\t\d+\.\d+\nAvg latency: \d+\.\d{4} ms\nPercentiles: 50th = \d+, 99th = \d+, 99\.9th = \d+\n$/,
  )
  t.match(await runHere(perfLatency, [bootstrap, 'fresh', '5', '0', '50']), {
    code: 1,
    stderr: /Please use '1' or 'all'/,
  })
})

t.test('windows and totals are computed of what was recorded', async t => {
  const lines: string[] = []
  const stats = new ProduceStats(4, 0, 1_000, line => lines.push(line))
  for (const [latencyMs, now] of [
    [1, 100],
    [3, 500],
    [8, 1_000],
    [10, 1_500],
  ] as const)
    stats.record(latencyMs, 1_048_576, now)
  stats.printTotal(2_000)
  t.same(lines, [
    '3 records sent, 3.0 records/sec (3.00 MB/sec), 4.0 ms avg latency, 8.0 ms max latency.',
    '4 records sent, 2.000000 records/sec (2.00 MB/sec), 5.50 ms avg latency, 10.00 ms max latency, 8 ms 50th, 10 ms 95th, 10 ms 99th, 10 ms 99.9th.',
  ])
  t.match(javaDate(new Date(2026, 0, 2, 3, 4, 5, 6).getTime(), "yyyy-MM-dd'T'HH:mm:ss.SSS"), '2026-01-02T03:04:05.006')
})
