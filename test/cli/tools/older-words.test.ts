/** Words of Kafka's tools of before: those that Kafka 4.4 still takes and those that it has dropped, tool by tool. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { Broker } from '../../../lib/broker.ts'
import { toolCommands } from '../../../lib/cli/tools/index.ts'
import { runHere } from './cluster.ts'

async function brokerOf(t: Test): Promise<string> {
  const broker = await Broker.start({ port: 0, ephemeral: true, dev: true, logLevel: 'error', topics: { orders: 1 } })
  t.teardown(() => broker.stop())
  return broker.bootstrap
}

/** What stands for the broker, and for a file of properties. */
type Places = { readonly at: string; readonly file: string }
/** One older word in a command line that has it carried out; and what is told of it, and where. */
type Row = readonly [line: (places: Places) => readonly string[], told: RegExp, on?: 'stdout' | 'stderr']

const server = (at: string) => ['--bootstrap-server', at]
const produced = (at: string) => [...server(at), '--topic', 'orders']
const consumed = ['--from-beginning', '--max-messages', '1']
const performed = ['--topic', 'orders', '--num-records', '1', '--record-size', '10', '--throughput', '-1']
const elected = ['--election-type', 'preferred', '--all-topic-partitions']

/** By tools; what Kafka 4.4 still takes is told of in its words, on standard output but where that is parsed. */
const rows: Readonly<Record<string, readonly Row[]>> = {
  'kafka-console-producer': [
    [
      ({ at }) => [...produced(at), '--property', 'parse.key=false'],
      /--property is deprecated .* Use --reader-property/,
    ],
    [({ at }) => [...produced(at), '--producer-property', 'acks=1'], /--producer-property .* Use --command-property/],
    [({ at, file }) => [...produced(at), '--producer.config', file], /--producer\.config .* Use --command-config/],
    [({ at }) => [...produced(at), '--max-partition-memory-bytes', '1000'], /Use --batch-size instead/],
    [({ at }) => ['--broker-list', at, '--topic', 'orders'], /--broker-list .* Use --bootstrap-server/, 'stderr'],
  ],
  'kafka-console-consumer': [
    [
      ({ at }) => [...produced(at), ...consumed, '--property', 'print.key=true'],
      /--property .* Use --formatter-property/,
    ],
    [({ at }) => [...produced(at), ...consumed, '--consumer-property', 'client.id=x'], /Use --command-property/],
    [
      ({ at, file }) => [...produced(at), ...consumed, '--consumer.config', file],
      /--consumer\.config .* Use --command-config/,
    ],
    [({ at }) => [...server(at), ...consumed, '--whitelist', 'ord.*'], /--whitelist .* Use --include/, 'stderr'],
    [({ at }) => [...produced(at), ...consumed, '--new-consumer'], /--new-consumer .* nothing comes of it/, 'stderr'],
  ],
  'kafka-consumer-perf-test': [
    [({ at }) => [...produced(at), '--messages', '1'], /--messages is deprecated\. Use --num-records/],
    [({ at, file }) => [...produced(at), '--num-records', '1', '--consumer.config', file], /Use --command-config/],
    [({ at }) => ['--broker-list', at, '--topic', 'orders', '--num-records', '1'], /Use --bootstrap-server/, 'stderr'],
    [({ at }) => [...produced(at), '--num-records', '1', '--threads', '2'], /--threads .* nothing/, 'stderr'],
    [({ at }) => [...produced(at), '--num-records', '1', '--num-fetch-threads=2'], /--num-fetch-threads/, 'stderr'],
  ],
  'kafka-producer-perf-test': [
    [({ at }) => [...performed, '--producer-props', `bootstrap.servers=${at}`, 'acks=1'], /Use --command-property/],
    [
      ({ at, file }) => [...server(at), ...performed, '--producer.config', file],
      /--producer\.config .* Use --command-config/,
    ],
  ],
  'kafka-topics': [
    [
      ({ at }) => [...server(at), '--describe', '--topic', 'orders', '--delete-config', 'retention.ms'],
      /^delete-config option is no longer supported/,
      'stderr',
    ],
  ],
  'kafka-e2e-latency': [
    [({ at }) => [at, 'orders', '1', 'all', '10'], /^WARNING: Positional argument usage is deprecated/],
  ],
  'kafka-get-offsets': [
    [({ at }) => ['--broker-list', at, '--topic', 'orders'], /--broker-list .* Use --bootstrap-server/, 'stderr'],
    [({ at }) => [...produced(at), '--offsets', '1', '--max-wait-ms', '100'], /--offsets .* nothing/, 'stderr'],
  ],
  'kafka-leader-election': [
    [({ at, file }) => [...server(at), ...elected, '--admin.config', file], /--admin\.config has been deprecated/],
  ],
  'kafka-cluster': [
    [({ at, file }) => ['cluster-id', ...server(at), '--config', file], /--config has been deprecated/],
  ],
}

for (const [tool, each] of Object.entries(rows)) {
  t.test(`${tool} takes its older words and tells of them`, async t => {
    const at = await brokerOf(t)
    const file = join(t.testdir(), 'client.properties')
    writeFileSync(file, 'client.id=someone\n')
    // So that there is something to read.
    await running('kafka-console-producer', produced(at))
    for (const [line, told, on = 'stdout'] of each) {
      const argv = line({ at, file })
      const outcome = await running(tool, argv)
      t.equal(outcome.code, 0, `${argv.join(' ')}: ${outcome.stderr}`)
      t.match(outcome[on].split('\n').find(text => told.test(text)) ?? '', told, argv.join(' '))
    }
  })
}

t.test('what cannot be meant any more ends with what to write instead, by every tool that had it', async t => {
  const tools = ['topics', 'configs', 'consumer-groups', 'reassign-partitions', 'console-consumer', 'get-offsets']
  for (const tool of tools) {
    const { code, stderr } = await running(`kafka-${tool}`, ['--zookeeper', 'localhost:2181', '--list'])
    t.equal(code, 1)
    t.match(stderr, /zookeeper is not a recognized option\n.*name one of them by --bootstrap-server HOST:PORT/, tool)
  }
  const rules = ['--authorizer-properties', 'zookeeper.connect=localhost:2181', '--list']
  t.match((await running('kafka-acls', rules)).stderr, /Brokers keep the rules.*--bootstrap-server HOST:PORT/)
})

async function running(tool: string, argv: readonly string[]) {
  const command = await toolCommands[tool]!()
  return runHere((words, io) => command(words, { ...io, stdin: Readable.from([Buffer.from('a\n')]) as never }), argv)
}
