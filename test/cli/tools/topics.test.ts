/** kafka-topics: what it prints and ends with, as Apache Kafka 4.4's tool was seen to. */
import t from 'tap'
import { kafkaTopics } from '../../../lib/cli/tools/topics.ts'
import { runHere, toolOn } from './cluster.ts'

const nothing = { code: 0, stdout: '', stderr: '' }

t.test('topics are created, and created once', async t => {
  const topics = await toolOn(t, kafkaTopics)
  t.same(await topics('--create', '--topic', 'alpha'), { ...nothing, stdout: 'Created topic alpha.\n' })
  t.same(await topics('--create', '--topic', 'alpha'), {
    code: 1,
    stdout: "Error while executing topic command : Topic 'alpha' already exists.\n",
    stderr: '',
  })
  t.same(await topics('--create', '--if-not-exists', '--topic', 'alpha'), nothing)
  t.match(await topics('--create', '--topic', 'x.y_z', '--partitions=2', '--replication-factor', '1'), {
    stdout: /^WARNING: Due to limitations in metric names.*\nCreated topic x\.y_z\.\n$/,
  })
  t.match(await topics('--create', '--topic', 'bad name'), {
    code: 1,
    stdout: /^Error while executing topic command : /,
  })
  t.same(await topics('--create', '--topic', 'd', '--partitions', '0'), {
    code: 1,
    stdout: 'Error while executing topic command : The partitions must be greater than 0\n',
    stderr: '',
  })
  t.match(await topics('--create', '--topic', 'd', '--replication-factor', '3'), {
    code: 1,
    stdout: /topic command : /,
  })
  t.match(await topics('--create', '--topic', 'd', '--config', 'nonsense=1'), { code: 1, stdout: /nonsense/ })
  t.same(await topics('--create', '--topic', 'e', '--replica-assignment', '1,1'), {
    ...nothing,
    stdout: 'Created topic e.\n',
  })
  t.match(await topics('--describe', '--topic', 'e'), { stdout: /PartitionCount: 2\t/ })
})

t.test('topics are listed by name, all or those that a pattern means', async t => {
  const topics = await toolOn(t, kafkaTopics)
  for (const name of ['beta', 'alpha', 'gamma']) await topics('--create', '--topic', name)
  t.same(await topics('--list'), { ...nothing, stdout: 'alpha\nbeta\ngamma\n' })
  t.same(await topics('--list', '--exclude-internal'), { ...nothing, stdout: 'alpha\nbeta\ngamma\n' })
  t.same(await topics('--list', '--topic', 'al.*,gamma'), { ...nothing, stdout: 'alpha\ngamma\n' })
  t.same(await topics('--list', '--topic', 'none'), nothing)
  t.match(await topics('--list', '--topic', '('), { code: 1, stdout: /invalid regex/ })
})

t.test('topics are described in the columns of the tool', async t => {
  const topics = await toolOn(t, kafkaTopics)
  const configs = ['--config', 'retention.ms=1000', '--config', 'cleanup.policy=compact,delete']
  await topics('--create', '--topic', 'beta', '--partitions', '2', ...configs)
  await topics('--create', '--topic', 'alpha')
  const { stdout } = await topics('--describe', '--topic', 'beta')
  const id = /TopicId: ([\w-]{22})\t/.exec(stdout)![1]
  t.equal(
    stdout,
    `Topic: beta\tTopicId: ${id}\tPartitionCount: 2\tReplicationFactor: 1\tConfigs: cleanup.policy=compact,delete,min.insync.replicas=1,retention.ms=1000
\tTopic: beta\tPartition: 0\tLeader: 1\tReplicas: 1\tIsr: 1\tElr: \tLastKnownElr: 
\tTopic: beta\tPartition: 1\tLeader: 1\tReplicas: 1\tIsr: 1\tElr: \tLastKnownElr: 
`,
  )
  t.equal((await topics('--describe', '--topic-id', id)).stdout, stdout)
  t.match((await topics('--describe')).stdout, /^Topic: alpha\t.*\n\tTopic: alpha.*\nTopic: beta\t/)
  const overridden = (await topics('--describe', '--topics-with-overrides')).stdout
  t.match(overridden, /^Topic: alpha\t.*\tConfigs: min\.insync\.replicas=1\n/, 'the value of all brokers, which stays')
  t.equal(overridden.split('\n')[1], stdout.split('\n')[0])
  t.same(await topics('--describe', '--under-replicated-partitions'), nothing)
  t.same(await topics('--describe', '--unavailable-partitions'), nothing)
  t.same(await topics('--describe', '--under-min-isr-partitions'), nothing)
  t.equal((await topics('--describe', '--at-min-isr-partitions')).stdout.split('\n').length, 4, 'all three partitions')
  t.same(await topics('--describe', '--topic', 'nothere'), {
    code: 1,
    stdout: "Error while executing topic command : Topic 'nothere' does not exist as expected\n",
    stderr: '',
  })
  t.same(await topics('--describe', '--topic', 'nothere', '--if-exists'), nothing)
})

t.test('topics are enlarged and deleted without a word', async t => {
  const topics = await toolOn(t, kafkaTopics)
  await topics('--create', '--topic', 'alpha')
  t.same(await topics('--alter', '--topic', 'alpha', '--partitions', '4'), nothing)
  t.match(await topics('--describe', '--topic', 'alpha'), { stdout: /PartitionCount: 4\t/ })
  t.match(await topics('--alter', '--topic', 'alpha', '--partitions', '4'), { code: 1, stdout: /topic command : .*4/ })
  t.match(await topics('--alter', '--topic', 'nothere', '--partitions', '4'), { code: 1, stdout: /does not exist as/ })
  t.same(await topics('--delete', '--topic', 'alpha'), nothing)
  t.same(await topics('--list'), nothing)
  t.match(await topics('--delete', '--topic', 'alpha'), { code: 1, stdout: /Topic 'alpha' does not exist as expected/ })
  t.same(await topics('--delete', '--topic', 'alpha', '--if-exists'), nothing)
})

t.test('a command line that makes no sense is told why, with the help', async t => {
  const says = async (stderr: RegExp, ...args: readonly string[]) => {
    const outcome = await runHere(kafkaTopics, args)
    t.match(outcome, { code: 1, stdout: '', stderr }, args.join(' '))
  }
  const server = ['--bootstrap-server', 'localhost:1']
  await says(/^Command must include exactly one action: --list.*\nottla kafka-topics: /, ...server)
  await says(/^Command must include exactly one action/, ...server, '--list', '--create')
  await says(/^--bootstrap-server must be specified\n/, '--list')
  await says(/^Missing required argument "\[topic\]"\n/, ...server, '--create')
  await says(/^nonsense is not a recognized option\n/, ...server, '--nonsense')
  await says(
    /^Option "\[partitions\]" can't be used with option "\[list\]"\n/,
    ...server,
    '--list',
    '--partitions',
    '3',
  )
  await says(/^Option topic requires an argument\n/, ...server, '--topic')
  t.match(await runHere(kafkaTopics, [...server, '--create', '--topic', 'a', '--partitions', 'x']), {
    code: 1,
    stdout: "Error while executing topic command : Cannot parse argument 'x' of option partitions\n",
    stderr: '',
  })
})

t.test('help and version are there without a broker', async t => {
  t.match(await runHere(kafkaTopics, ['--help']), { code: 0, stdout: /--replication-factor NUMBER/ })
  t.match(await runHere(kafkaTopics, ['--version']), { code: 0, stdout: /^4\.4\.0 \(ottla \d/ })
})

t.test('with --json topics are listed and described as objects', async t => {
  const topics = await toolOn(t, kafkaTopics)
  await topics('--create', '--topic', 'beta', '--partitions', '2', '--config', 'retention.ms=1000')
  await topics('--create', '--topic', 'alpha')
  t.same(await topics('--list', '--json'), { ...nothing, stdout: '["alpha","beta"]\n' })
  t.same(await topics('--list', '--json', '--topic', 'none'), { ...nothing, stdout: '[]\n' })
  const { stdout } = await topics('--describe', '--json', '--topic', 'beta')
  const [{ topicId, configs, ...rest }] = JSON.parse(stdout)
  t.match(topicId, /^[\w-]{22}$/)
  t.equal(configs['retention.ms'], '1000')
  const partition = { leader: 1, replicas: [1], isr: [1], elr: [], lastKnownElr: [] }
  t.same(rest, {
    ...{ topic: 'beta', partitionCount: 2, replicationFactor: 1 },
    partitions: [
      { partition: 0, ...partition },
      { partition: 1, ...partition },
    ],
  })
  t.same(await topics('--describe', '--json', '--unavailable-partitions'), { ...nothing, stdout: '[]\n' })
})
