/** Every action of every tool with --json: JSON on standard output, and nothing else. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Broker } from '../../../lib/broker.ts'
import { main } from '../../../lib/cli/main.ts'
import { toolCommands } from '../../../lib/cli/tools/index.ts'
import { perfProduce } from '../../../lib/cli/tools/perf-produce.ts'
import { buildBatch } from '../../../protocol/records/batch.ts'
import { endTransactionMarker } from '../../../protocol/records/control.ts'
import { RunningBroker } from '../../transactions/running-broker.ts'
import { connect } from '../../turned-broker.ts'
import { interrupted, runHere } from './cluster.ts'

/** A command line, with what its document has to match; of lines, what they all are. */
type Case = readonly [words: string, expected: object | readonly object[], code?: number]

const timestamp = 1_600_000_000_000

async function start(t: Test, properties: Record<string, string> = {}) {
  const broker = await Broker.start({ port: 0, ephemeral: true, dev: true, logLevel: 'error', properties })
  t.teardown(() => broker.stop())
  const client = await connect(broker.bootstrap)
  t.teardown(() => client.close())
  const directory = t.testdir()
  const file = (name: string, content: object | Buffer) => {
    writeFileSync(join(directory, name), Buffer.isBuffer(content) ? content : JSON.stringify(content))
    return join(directory, name)
  }
  /** Words are split at spaces. */
  const run = (line: string) => {
    const [name = '', ...words] = line.split(' ')
    const own = ['dump-log', 'mirror'].includes(name) || line.includes('--validate-regex')
    const subcommand = name === 'perf' ? words.splice(0, 1) : []
    return runHere(main, [name, ...subcommand, ...(own ? [] : ['--bootstrap-server', broker.bootstrap]), ...words])
  }
  return { bootstrap: broker.bootstrap, running: await RunningBroker.of(client), file, run }
}

const rule = { resourceType: 'TOPIC', name: 'a', principal: 'User:x', operation: 'READ', permissionType: 'ALLOW' }

t.test('every action of every tool prints one JSON document with --json, and nothing beside it', async t => {
  const { running, file, run } = await start(t, {
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
  })
  const assignment = (replicas: readonly number[]) => ({ topic: 'a', partition: 0, replicas, log_dirs: ['any'] })
  const plan = file('plan.json', { version: 1, partitions: [assignment([1])] })
  const toMove = file('topics.json', { version: 1, topics: [{ topic: 'a' }] })
  const before = file('before.json', { version: 1, partitions: [{ topic: 'a', partition: 0, offset: -1 }] })
  const planned = { version: 1, partitions: [assignment([1])] }
  const cases: readonly Case[] = [
    ['topics --create --topic n', [{ topic: 'n', result: 'created' }]],
    ['topics --create --topic a.b_c', [{ topic: 'a.b_c', result: 'created' }]],
    ['topics --create --topic a --if-not-exists', [{ topic: 'a', result: 'exists' }]],
    ['topics --alter --topic n --partitions 2', [{ topic: 'n', partitions: 2, result: 'altered' }]],
    ['topics --alter --topic z --partitions 2 --if-exists', []],
    ['topics --list --exclude-internal', ['a', 'a.b_c', 'n']],
    ['topics --describe --topic a', [{ topic: 'a', partitionCount: 2 }]],
    ['topics --delete --topic a.b_c', [{ topic: 'a.b_c', result: 'deleted' }]],
    ['configs --alter --topic a --add-config retention.ms=1000', [{ type: 'topic', name: 'a', result: 'altered' }]],
    [
      'configs --describe --topic a',
      [{ type: 'topic', name: 'a', configs: [{ name: 'retention.ms', value: '1000' }] }],
    ],
    ['configs --describe --topic z', []],
    ['configs --alter --broker-defaults --add-config log.retention.ms=1000000', [{ type: 'broker', name: null }]],
    ['configs --describe --entity-type broker-loggers --entity-name 1', [{ type: 'broker-logger', name: '1' }]],
    ['configs --describe --entity-type groups', []],
    ['quotas --alter --user u --add-config producer_byte_rate=1', [{ entity: { user: 'u' }, result: 'altered' }]],
    ['quotas --describe --user u', { quotas: [{ entity: { user: 'u' }, values: { producer_byte_rate: 1 } }] }],
    [
      'users --alter --entity-name u --add-config SCRAM-SHA-256=[iterations=4096,password=p]',
      [{ type: 'user', name: 'u', result: 'altered' }],
    ],
    ['users --describe', { scramCredentials: [{ user: 'u', credentials: [{ mechanism: 'SCRAM-SHA-256' }] }] }],
    // Not idempotent: which partition has the state of its producer would be by chance.
    [
      'perf produce --topic a --num-records 10 --record-size 5 --throughput -1 --command-property enable.idempotence=false',
      { type: 'total', records: 10 },
    ],
    ['perf consume --topic a --num-records 10 --group g', { type: 'total', records: 10, mebibytes: Number }],
    ['perf latency --topic l --num-records 1 --producer-acks all --record-size 5', { type: /^(progress|total)$/ }],
    ['consume --topic a --from-beginning --max-messages 1', { topic: 'a', offset: 0 }],
    [
      'get-offsets --topic a',
      [
        { topic: 'a', partition: 0 },
        { topic: 'a', partition: 1 },
      ],
    ],
    ['delete-records --offset-json-file BEFORE', [{ topic: 'a', partition: 0, lowWatermark: Number }]],
    ['groups --list', [{ group: 'g' }]],
    ['groups --describe --group g', Array],
    ['groups --describe --group g --members', []],
    ['groups --describe --group g --state', [{ group: 'g', state: 'Empty' }]],
    ['groups --reset-offsets --group g --topic a --to-earliest --execute', [{ group: 'g', topic: 'a' }, {}]],
    ['groups --reset-offsets --group g --topic a --to-datetime 2100-01-31T13:00:00.000 --dry-run', [{}, {}]],
    ['groups --delete-offsets --group g --topic a:0', [{ group: 'g', topic: 'a', partition: 0, result: 'deleted' }]],
    ['groups --delete-offsets --group g --topic z', [{ topic: 'z', partition: null, result: 'failed' }]],
    [
      'groups --delete --group g --group z',
      [
        { group: 'g', result: 'deleted' },
        { group: 'z', result: 'failed' },
      ],
    ],
    ['groups --validate-regex a.*', { pattern: 'a.*', isValid: true, fault: null }],
    ['groups --validate-regex a(', { isValid: false, fault: String }],
    ['all-groups --list', []],
    ['log-dirs --describe --topic-list a', { version: 1, brokers: [{ broker: 1 }] }],
    ['leader-election --election-type preferred --topic a --partition 0', [{ topic: 'a', result: 'not needed' }]],
    ['client-metrics --alter --name m --interval 1000', [{ name: 'm', result: 'altered' }]],
    ['client-metrics --list', ['m']],
    ['client-metrics --describe', [{ name: 'm', configs: { 'interval.ms': '1000' } }]],
    ['client-metrics --delete --name m', [{ name: 'm', result: 'deleted' }]],
    ['reassign --generate --topics-to-move-json-file TOPICS --broker-list 1', { proposed: { version: 1 } }],
    ['reassign --execute --reassignment-json-file PLAN', { current: { version: 1 }, started: planned, moves: [] }],
    ['reassign --execute --throttle 1000 --reassignment-json-file PLAN', { started: planned }],
    ['reassign --list', []],
    ['reassign --verify --reassignment-json-file PLAN', { partitions: [{ state: 'completed' }], moves: [] }],
    ['reassign --cancel --reassignment-json-file PLAN', { cancelled: [], clearedThrottles: { topics: ['a'] } }],
    ['cluster cluster-id', { clusterId: String }],
    ['cluster list-endpoints', [{ id: 1 }]],
    ['cluster api-versions', {}],
    ['cluster status', {}],
    ['cluster brokers', [{}]],
    ['cluster leaders', Array],
    ['cluster isr', []],
    ['features describe', Array],
    ['features upgrade --feature transaction.version=2 --dry-run', [{ feature: 'transaction.version', level: 2 }]],
    ['features version-mapping --release-version 3.9', { releaseVersion: '3.9', features: Array }],
    ['features version-mapping', { features: Array }],
    [
      'features feature-dependencies --feature eligible.leader.replicas.version=1 transaction.version=1',
      [{ dependencies: [{ feature: 'metadata.version', level: 23 }] }, { dependencies: [] }],
    ],
    [
      'features upgrade --feature transaction.version=9',
      [{ feature: 'transaction.version', level: 9, result: 'failed', error: String }],
      1,
    ],
    ['metadata-quorum describe --status', { LeaderId: Number }],
    ['metadata-quorum describe --replication', [{ Status: 'Leader' }]],
    ['broker-api-versions', {}],
    ['acls --add --allow-principal User:x --operation read --topic a', [{ ...rule, result: 'added' }]],
    ['acls --add --allow-principal User:x --operation read --topic a', [{ ...rule, result: 'exists' }]],
    ['acls --list', [rule]],
    ['acls --remove --force --topic a', [{ ...rule, result: 'removed' }]],
    ['acls --remove --force --topic a', []],
    ['transactions list', [{ transactionalId: 'open' }]],
    ['transactions describe --transactional-id open', [{ transactionState: 'Ongoing' }]],
    ['transactions describe-producers --topic a --partition 0', [{}]],
    ['transactions find-hanging --topic a', []],
    ['transactions abort --topic a --partition 0 --start-offset OPEN', { topic: 'a', partition: 0, result: 'aborted' }],
    [
      'transactions forceTerminateTransaction --transactionalId open',
      { transactionalId: 'open', result: 'terminated' },
    ],
  ]
  const seen = new Set<string>()
  let open = ''
  for (const [line, expected, code = 0] of cases) {
    if (line === 'transactions list') await running.send(await running.producer('open'), 'x')
    const words = line.replace('BEFORE', before).replace('TOPICS', toMove).replace('PLAN', plan).replace('OPEN', open)
    const outcome = await run(`${words} --json`)
    t.equal(outcome.code, code, `${line}: ${outcome.stderr}`)
    const streams = /^(perf|consume)/.test(line)
    const documents = outcome.stdout
      .split('\n')
      .slice(0, -1)
      .map(text => JSON.parse(text))
    if (streams) for (const document of documents) t.match(document, expected, line)
    else {
      t.equal(documents.length, 1, `one document of ${line}`)
      t.match(documents[0], expected, line)
      if (Array.isArray(expected)) t.equal(documents[0].length, expected.length, `as many as there are: ${line}`)
    }
    t.ok(documents.length > 0, line)
    if (line.startsWith('transactions describe-producers')) open = String(documents[0][0].currentTxnStartOffset)
    seen.add(line.split(' ')[0]!)
  }
  // Those have tests of their own below, and who only reads lines has nothing to print.
  const others = ['dump-log', 'mirror', 'tokens', 'produce']
  const ours = Object.keys(toolCommands).filter(name => !name.startsWith('kafka-') && !others.includes(name))
  t.same([...seen].sort(), ours.sort(), 'every tool')
})

t.test('what goes wrong is told on standard error', async t => {
  const { file, run } = await start(t)
  const plan = file('plan.json', { version: 1, partitions: [{ topic: 'z', partition: 0, replicas: [1] }] })
  for (const [line, code] of [
    ['topics --create --topic a/b', 1],
    ['topics --describe --topic z', 1],
    ['configs --alter --topic z --add-config retention.ms=1', 1],
    ['groups --describe --group z', 0],
    ['acls --add --allow-principal User:x --operation read --topic a', 1],
    ['client-metrics --alter --name m --interval 1', 1],
    ['cluster unregister --id 7', 1],
    ['reassign --execute --reassignment-json-file PLAN', 1],
    ['transactions describe --transactional-id z', 1],
    ['features version-mapping --release-version 0.1', 1],
  ] as const) {
    const outcome = await run(`${line.replace('PLAN', plan)} --json`)
    t.equal(outcome.code, code, line)
    t.equal(outcome.stdout, '', line)
    t.not(outcome.stderr, '', line)
  }
})

t.test('tokens are made, renewed, described and ended as JSON', async t => {
  const broker = await Broker.start({
    ...{ ephemeral: true, dev: true, logLevel: 'error' },
    properties: {
      listeners: 'SASL_PLAINTEXT://127.0.0.1:0',
      'inter.broker.listener.name': 'SASL_PLAINTEXT',
      'sasl.enabled.mechanisms': 'PLAIN',
      'plain.sasl.jaas.config': 'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="secret";',
      'delegation.token.secret.key': 'the secret of the brokers',
    },
  })
  t.teardown(() => broker.stop())
  const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="alice" password="secret";'
  const properties = `security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=${login}\n`
  const config = join(t.testdir({ 'client.properties': properties }), 'client.properties')
  const run = async (...words: string[]) => {
    const connection = ['--bootstrap-server', broker.bootstrap, '--command-config', config]
    const { code, stdout, stderr } = await runHere(main, ['tokens', ...connection, ...words, '--json'])
    t.same([code, stderr], [0, ''], words[0]!)
    return JSON.parse(stdout)
  }
  const [{ hmac }] = await run('--create', '--max-life-time-period', '-1')
  const { expiryTimestampMs } = await run('--renew', '--hmac', hmac, '--renew-time-period', '60000')
  t.match(await run('--describe'), [{ hmac, expiryTimestampMs }])
  t.match(await run('--expire', '--hmac', hmac, '--expiry-time-period', '-1'), { expiryTimestampMs: Number })
})

t.test('what is in files of a log is told as JSON lines, with records and what they hold', async t => {
  const name = '00000000000000000000'
  const batch = buildBatch({
    partitionLeaderEpoch: 3,
    records: [{ timestamp, key: Buffer.from('k'), value: Buffer.from('a'), headers: [{ key: 'h', value: null }] }],
  })
  const marker = endTransactionMarker({
    ...{ type: 'COMMIT', producerId: 7, producerEpoch: 1, coordinatorEpoch: 2, timestamp, baseOffset: 1 },
    leaderEpoch: 3,
  })
  const directory = t.testdir()
  const path = (kind: string) => join(directory, `${name}.${kind}`)
  writeFileSync(path('log'), Buffer.concat([batch, marker, Buffer.alloc(20, 1)]))
  writeFileSync(path('index'), Buffer.alloc(8))
  writeFileSync(path('timeindex'), Buffer.alloc(0))
  const files = [path('log'), path('index'), path('timeindex')].join(',')
  const told = await runHere(main, ['dump-log', '--files', files, '--print-data-log', '--json'])
  t.equal(told.code, 0, told.stderr)
  const file = path('log')
  t.match(
    told.stdout
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line)),
    [
      { type: 'log', file, startingOffset: 0 },
      { type: 'batch', file, baseOffset: 0, count: 1, partitionLeaderEpoch: 3, isvalid: true, isControl: false },
      {
        type: 'record',
        file,
        offset: 0,
        timestampType: 'CreateTime',
        timestamp,
        headerKeys: ['h'],
        key: 'k',
        payload: 'a',
      },
      { type: 'batch', baseOffset: 1, isTransactional: true, isControl: true, producerId: 7 },
      { type: 'record', offset: 1, endTxnMarker: 'COMMIT', coordinatorEpoch: 2 },
      { type: 'damage', file, position: batch.length + marker.length, bytes: 20 },
      { type: 'index', file: path('index'), offset: 0, position: 0 },
    ],
  )
})

t.test('a mirror tells progress and its end as JSON lines', async t => {
  const from = await start(t)
  const to = await start(t)
  await from.run('topics --create --topic a')
  await from.run('perf produce --topic a --num-records 10 --record-size 5 --throughput -1')
  const words = ['--from', from.bootstrap, '--to', to.bootstrap, '--topics', 'a', '--once', '--json']
  const { code, stdout, stderr } = await runHere(main, ['mirror', ...words])
  t.same([code, stderr], [0, ''])
  t.same(JSON.parse(stdout.split('\n').at(-2)!), { copied: 10, lag: 0, partitions: 2, topics: 1, isDone: true })
})

t.test('progress of a producer that is measured is told as JSON lines, too', async t => {
  const { bootstrap } = await start(t)
  const args = '--topic a --num-records 10 --record-size 10 --throughput 0.001 --reporting-interval 0 --json'
  const { code, stdout } = await interrupted(
    perfProduce,
    ['--bootstrap-server', bootstrap, ...args.split(' ')],
    text => text !== '',
  )
  t.equal(code, 130)
  const [progress, total] = stdout
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line))
  t.match(
    [progress, total],
    [
      { type: 'progress', records: 1, averageLatencyMs: Number },
      { type: 'total', records: 1 },
    ],
  )
})

t.test('records that are consumed as JSON lines can be loaded again', async t => {
  const bytes = Buffer.from([0xff])
  const records = [
    { topic: 'a', partition: 0, key: 'k', value: 'v', timestamp, headers: [{ key: 'h', value: 'x' }] },
    { topic: 'a', partition: 0, key: null, value: bytes.toString('base64'), timestamp, encoding: 'base64' },
  ]
  let load: readonly object[] = records
  const file = join(t.testdir(), 'records.jsonl')
  for (const round of ['first', 'again']) {
    writeFileSync(file, load.map(record => `${JSON.stringify(record)}\n`).join(''))
    const broker = await Broker.start({ port: 0, ephemeral: true, dev: true, logLevel: 'error', load: file })
    t.teardown(() => broker.stop())
    const words = ['--bootstrap-server', broker.bootstrap, '--topic', 'a', '--from-beginning', '--max-messages', '2']
    const { stdout } = await runHere(main, ['consume', ...words, '--json'])
    load = stdout
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line))
    t.match(
      load,
      records.map((record, offset) => ({ ...record, offset, timestampType: 'CreateTime' })),
      round,
    )
  }
})
