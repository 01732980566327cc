/** Words that Kafka's tools still take and tell of as old, and some that they take no longer. */
import type { ToolCase, ToolGroup } from '../case.ts'
import type { World } from '../world.ts'
import { ownConnecting } from './shared.ts'

const at = (tool: string, args: string) => `kafka-${tool} --bootstrap-server $BOOTSTRAP ${args}`
const files = { 'client.properties': 'client.id=someone\nbootstrap.servers=$BOOTSTRAP\n' }
const config = '$DIR/client.properties'

async function prepare(world: World): Promise<void> {
  await world.topic('orders')
  await world.produce('orders', ['a', 'b', 'c'])
}

/** How fast it was, and when. */
const figures = [[/-?\b\d+(?:\.\d+)?\b|\bNaN\b|\bInfinity\b/g, 'N']] as const

const consume = (args: string) => at('consumer-perf-test', `--topic orders ${args}`)
const produce = (args: string) =>
  `kafka-producer-perf-test --topic orders --num-records 3 --record-size 10 --throughput -1 ${args}`
const elect = (args: string) => at('leader-election', `--election-type preferred --all-topic-partitions ${args}`)

const cases: readonly ToolCase[] = [
  {
    name: 'older words: kafka-consumer-perf-test',
    ...{ prepare, files, masks: figures },
    run: [
      consume('--messages 2'),
      consume(`--num-records 2 --consumer.config ${config}`),
      consume('--messages 2 --num-records 2'),
      consume(`--num-records 2 --consumer.config ${config} --command-config ${config}`),
      consume(''),
      consume('--num-records 2 --hide-header'),
    ],
  },
  {
    name: 'older words: kafka-producer-perf-test',
    ...{ prepare, files, masks: figures },
    run: [
      produce('--producer-props bootstrap.servers=$BOOTSTRAP acks=1'),
      produce(`--producer.config ${config}`),
      produce(`--bootstrap-server $BOOTSTRAP --producer.config ${config} --producer-props acks=1`),
      produce('--bootstrap-server $BOOTSTRAP --producer-props acks=1 --command-property acks=1'),
      produce(`--bootstrap-server $BOOTSTRAP --producer.config ${config} --command-config ${config}`),
      produce('--bootstrap-server $BOOTSTRAP --command-property acks=1 linger.ms=0'),
      produce(''),
    ],
  },
  {
    name: 'older words: kafka-e2e-latency',
    ...{ prepare, files, masks: figures },
    run: [
      'kafka-e2e-latency $BOOTSTRAP orders 3 all 10',
      `kafka-e2e-latency $BOOTSTRAP orders 3 1 10 ${config}`,
      'kafka-e2e-latency $BOOTSTRAP orders 3 2 10',
      'kafka-e2e-latency $BOOTSTRAP orders 3 all',
      'kafka-e2e-latency $BOOTSTRAP orders many all 10',
    ],
  },
  {
    name: 'older words: small tools',
    ...{ prepare, files, differs: ownConnecting('*missing.properties') },
    run: [
      elect(`--admin.config ${config}`),
      elect(`--admin.config ${config} --command-config ${config}`),
      elect(`--admin.config $DIR/missing.properties`),
      at('topics', '--alter --topic orders --delete-config retention.ms'),
      at('topics', '--create --topic other --delete-config retention.ms'),
      at('topics', '--describe --topic orders --delete-config retention.ms'),
      at('topics', '--delete --topic orders --force'),
    ],
  },
]

export const olderWords: ToolGroup = { cases }
