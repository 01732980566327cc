/** kafka-reassign-partitions --throttle, among three brokers: what is copied goes on for minutes at the rate that it is given. */
import { CreateTopics } from '../../../protocol/messages/create-topics.ts'
import type { ToolCase, ToolGroup } from '../case.ts'
import type { World } from '../world.ts'

const line = (args: string) => `kafka-reassign-partitions --bootstrap-server $BOOTSTRAP ${args}`
const configsOf = (args: string) => `kafka-configs --bootstrap-server $BOOTSTRAP --describe ${args}`

const plan = (...partitions: readonly object[]) => JSON.stringify({ version: 1, partitions })

/** Each is a fetch of its own, and a rate of nearly nothing lets one pass in eleven seconds. */
const [batches, batchBytes] = [12, 900_000]

/** Directories are each broker's own. */
const masks = [[/"log_dirs":\[[^\]]*\]/g, '"log_dirs":<dirs>']] as const

/** A topic that broker 1 leads and broker 2 has, with records in its first partition. */
async function topic(world: World, name: string): Promise<void> {
  const assignments = [0, 1].map(partitionIndex => ({ partitionIndex, brokerIds: [1, 2] }))
  const topics = [{ name, numPartitions: -1, replicationFactor: -1, assignments }]
  await world.session.prepare(CreateTopics, 7, { topics, timeoutMs: 10_000 })
  await world.session.led(name)
  for (let i = 0; i < batches; i++) await world.produce(name, ['x'.repeat(batchBytes)])
}

const cases: readonly ToolCase[] = [
  {
    name: 'reassign-throttled: limits while partitions move, another rate, and none when they have',
    masks,
    prepare: world => topic(world, 'orders'),
    files: {
      'move.json': plan(
        { topic: 'orders', partition: 0, replicas: [3, 2] },
        { topic: 'orders', partition: 1, replicas: [1, 2] },
      ),
    },
    run: [
      line('--execute --reassignment-json-file $DIR/move.json --throttle 1000'),
      { run: line('--verify --reassignment-json-file $DIR/move.json'), until: /orders-1 is completed/ },
      configsOf('--topic orders'),
      configsOf('--broker 1'),
      configsOf('--broker 3'),
      line('--list'),
      line('--execute --reassignment-json-file $DIR/move.json --throttle 2000'),
      line(
        '--execute --additional --reassignment-json-file $DIR/move.json --throttle 1000000000 --replica-alter-log-dirs-throttle 5000',
      ),
      {
        run: line('--verify --preserve-throttles --reassignment-json-file $DIR/move.json'),
        until: /orders-0 is completed/,
      },
      configsOf('--topic orders'),
      configsOf('--broker 1'),
      configsOf('--broker 2'),
      configsOf('--broker 3'),
      line('--verify --reassignment-json-file $DIR/move.json'),
      configsOf('--topic orders'),
      configsOf('--broker 1'),
      configsOf('--broker 3'),
    ],
  },
  {
    name: 'reassign-throttled: a move that is given up',
    masks,
    prepare: world => topic(world, 'other'),
    files: { 'move.json': plan({ topic: 'other', partition: 0, replicas: [3, 2] }) },
    run: [
      line('--execute --reassignment-json-file $DIR/move.json --throttle 1000'),
      line('--cancel --preserve-throttles --reassignment-json-file $DIR/move.json'),
      configsOf('--topic other'),
      configsOf('--broker 3'),
      line('--verify --reassignment-json-file $DIR/move.json --preserve-throttles'),
      line('--cancel --reassignment-json-file $DIR/move.json'),
      configsOf('--topic other'),
      configsOf('--broker 1'),
      configsOf('--broker 3'),
    ],
  },
]

export const reassignThrottled: ToolGroup = { brokers: 3, cases }
