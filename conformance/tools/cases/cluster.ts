/** Tools about the cluster itself: kafka-cluster, -features, -metadata-quorum, -delegation-tokens. */
import type { ToolCase, ToolGroup } from '../case.ts'

const tool = (name: string) => (args: string) => `kafka-${name} --bootstrap-server $BOOTSTRAP ${args}`
const [features, quorum, tokens] = [tool('features'), tool('metadata-quorum'), tool('delegation-tokens')]
const cluster = (args: string) => `kafka-cluster ${args}`

const ownFeatures = 'share and streams groups, and what only KRaft has, are not served, and so their levels are 0'
const justified = 'Kafka’s tool breaks the line within the name of the option'

const cases: readonly ToolCase[] = [
  {
    name: 'cluster: id and endpoints',
    files: { 'client.properties': '' },
    masks: [
      [/<broker>|127\.0\.0\.1 +\d+/g, '<broker>'],
      [/^ID +HOST +PORT/g, 'ID HOST PORT'],
    ],
    run: [
      cluster('cluster-id --bootstrap-server $BOOTSTRAP'),
      cluster('cluster-id --bootstrap-server $BOOTSTRAP --config $DIR/client.properties'),
      cluster('list-endpoints --bootstrap-server $BOOTSTRAP'),
      cluster('list-endpoints --bootstrap-server $BOOTSTRAP --include-fenced-brokers'),
      cluster('unregister --bootstrap-server $BOOTSTRAP --id 7'),
    ],
    differs: [
      {
        of: '*--id 7',
        in: 'stderr',
        ours: 'there is no broker 7',
        reason: 'the broker says it in words of its own',
      },
    ],
  },
  {
    name: 'cluster: command lines that make no sense',
    run: [
      cluster(''),
      cluster('nope'),
      cluster('cluster-id'),
      cluster('unregister --bootstrap-server $BOOTSTRAP'),
      cluster('unregister --bootstrap-server $BOOTSTRAP --id x'),
    ],
    differs: [{ of: '*cluster-id', in: 'stderr', ours: '*one of the arguments*', by: 'ottla', reason: justified }],
  },
  {
    name: 'cluster features: describe',
    masks: [[/Epoch: \d+/g, 'Epoch: <number>']],
    run: [features('describe'), features('describe --node-id 1')],
    differs: [{ of: '*describe*', in: 'stdout', ours: 'Feature: *', reason: ownFeatures }],
  },
  {
    name: 'cluster features: change',
    run: [
      features('upgrade --feature transaction.version=2'),
      features('upgrade --feature transaction.version=2 --dry-run'),
      features('downgrade --feature transaction.version=1'),
      features('downgrade --feature transaction.version=2'),
      features('downgrade --feature transaction.version=0 --unsafe'),
      features('upgrade --feature transaction.version=2'),
      features('disable --feature transaction.version --dry-run'),
      features('upgrade --metadata 4.4'),
      features('upgrade --feature metadata.version=33'),
      features('upgrade --feature group.version=5'),
      features('upgrade --feature nope=1'),
      features('downgrade --metadata 3.9'),
    ],
    differs: [
      {
        of: '*',
        in: 'stdout',
        ours: '*Could not *',
        reason: 'the broker says it in words of its own',
      },
    ],
  },
  {
    name: 'cluster features: mappings and dependencies',
    run: [
      features('version-mapping'),
      features('version-mapping --release-version 3.9'),
      features('version-mapping --release-version 4.0'),
      features('version-mapping --release-version 4.2-IV0'),
      features('version-mapping --release-version 9.9'),
      features('feature-dependencies --feature transaction.version=2'),
      features('feature-dependencies --feature eligible.leader.replicas.version=1'),
      features('feature-dependencies --feature metadata.version=25'),
      features('feature-dependencies --feature nope=2'),
      features('feature-dependencies --feature group.version=9'),
    ],
  },
  {
    name: 'cluster features: command lines that make no sense',
    run: [
      'kafka-features describe',
      features(''),
      features('nope'),
      features('describe --nope'),
      features('upgrade'),
      features('disable'),
      features('upgrade --feature nope'),
      features('upgrade --feature nope=x'),
      features('upgrade --metadata x'),
      features('upgrade --release-version 9.9'),
      features('upgrade --release-version 4.0 --feature group.version=1'),
    ],
  },
  {
    name: 'cluster metadata-quorum',
    masks: [
      [/(ClusterId: +|directoryId": "|^\d+ +\t)[\w-]{22}/g, '$1<id>'],
      [/(LeaderEpoch: +|HighWatermark: +)\d+/g, '$1<number>'],
      [/CONTROLLER:\/\/127\.0\.0\.1:\d+/g, '<controller>'],
      [/<id>\t\d+ +\t/g, '<id>\t<offset>\t'],
      [/\d+ ms ago/g, '<ago>'],
      [/^NodeId.*/g, '<titles>'],
    ],
    run: [
      quorum('describe --status'),
      quorum('describe --replication'),
      quorum('describe --replication --human-readable'),
      quorum('describe'),
      quorum('describe --status --replication'),
      quorum('describe --status --human-readable'),
      quorum(''),
      quorum('nope'),
      'kafka-metadata-quorum describe --status',
    ],
    differs: [
      {
        of: '*describe --status',
        in: 'stdout',
        ours: 'CurrentVoters: *PLAINTEXT://<broker>*',
        reason: 'there is no listener of controllers: the voter is told by the listener of brokers',
      },
      {
        of: 'kafka-metadata-quorum describe --status',
        in: 'stderr',
        ours: '*one of the arguments*',
        by: 'ottla',
        reason: justified,
      },
    ],
  },
  {
    name: 'cluster delegation tokens',
    files: { 'client.properties': '' },
    run: [
      tokens('--describe'),
      tokens('--describe --command-config $DIR/client.properties'),
      tokens('--create --command-config $DIR/client.properties --max-life-time-period -1'),
      tokens('--create --command-config $DIR/client.properties'),
      tokens('--renew --command-config $DIR/client.properties --hmac abcd --renew-time-period -1'),
      tokens('--expire --command-config $DIR/client.properties --hmac abcd --expiry-time-period -1'),
      tokens('--expire --command-config $DIR/client.properties'),
      tokens('--describe --create --command-config $DIR/client.properties'),
      tokens('--nope'),
    ],
  },
]

export const clusterTools: ToolGroup = { cases }
