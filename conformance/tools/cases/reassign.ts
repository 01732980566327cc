/** kafka-reassign-partitions, on one broker. */
import type { ToolCase, ToolGroup } from '../case.ts'

const line = (args: string) => `kafka-reassign-partitions --bootstrap-server $BOOTSTRAP ${args}`

const plan = (...partitions: readonly object[]) => JSON.stringify({ version: 1, partitions })
const topics = (...names: readonly string[]) => JSON.stringify({ version: 1, topics: names.map(topic => ({ topic })) })

const cases: readonly ToolCase[] = [
  {
    name: 'reassign: propose, execute, verify, cancel',
    async prepare(world) {
      await world.topic('orders', 3)
      await world.topic('other')
    },
    files: {
      'topics.json': topics('orders', 'other'),
      'unknown.json': topics('nope'),
      'same.json': plan(
        { topic: 'orders', partition: 0, replicas: [1], log_dirs: ['any'] },
        { topic: 'orders', partition: 1, replicas: [1] },
      ),
      'dir.json': plan({ topic: 'orders', partition: 0, replicas: [1], log_dirs: ['/nope'] }),
    },
    run: [
      line('--list'),
      line('--generate --topics-to-move-json-file $DIR/topics.json --broker-list 1'),
      line('--generate --topics-to-move-json-file $DIR/topics.json --broker-list 1,2'),
      line('--generate --topics-to-move-json-file $DIR/topics.json --broker-list 1,1'),
      line('--generate --topics-to-move-json-file $DIR/unknown.json --broker-list 1'),
      line('--execute --reassignment-json-file $DIR/same.json'),
      line('--verify --reassignment-json-file $DIR/same.json'),
      line('--execute --reassignment-json-file $DIR/same.json --throttle 10000'),
      line('--verify --reassignment-json-file $DIR/same.json --preserve-throttles'),
      'kafka-configs --bootstrap-server $BOOTSTRAP --describe --topic orders',
      line('--verify --reassignment-json-file $DIR/same.json'),
      'kafka-configs --bootstrap-server $BOOTSTRAP --describe --topic orders',
      line('--cancel --reassignment-json-file $DIR/same.json'),
      line('--execute --reassignment-json-file $DIR/dir.json'),
      line('--list'),
    ],
  },
  {
    name: 'reassign: what cannot be',
    differs: [
      {
        of: '*text.json',
        in: 'stdout',
        ours: 'Error: The input string is not a valid JSON',
        by: 'ottla',
        reason: 'Kafka’s tool tells what its library says',
      },
      {
        of: '*--verify --reassignment-json-file $DIR/unknown.json',
        in: 'stdout',
        ours: '*there is no topic nope',
        reason: 'the broker says it in words of its own',
      },
    ],
    prepare: world => world.topic('orders', 2),
    files: {
      'broker.json': plan({ topic: 'orders', partition: 0, replicas: [2] }),
      'unknown.json': plan({ topic: 'nope', partition: 0, replicas: [1] }),
      'twice.json': plan({ topic: 'orders', partition: 0, replicas: [1, 1] }),
      'empty.json': plan(),
      'nothing.json': '',
      'text.json': 'nope',
      'version.json': '{"version":7,"partitions":[]}',
      'same.json': plan({ topic: 'orders', partition: 0, replicas: [1] }),
    },
    run: [
      line('--execute --reassignment-json-file $DIR/broker.json'),
      line('--execute --reassignment-json-file $DIR/unknown.json'),
      line('--execute --reassignment-json-file $DIR/twice.json'),
      line('--execute --reassignment-json-file $DIR/empty.json'),
      line('--execute --reassignment-json-file $DIR/nothing.json'),
      line('--execute --reassignment-json-file $DIR/text.json'),
      line('--execute --reassignment-json-file $DIR/version.json'),
      line('--execute --reassignment-json-file $DIR/absent.json'),
      line('--verify --reassignment-json-file $DIR/unknown.json'),
      line('--execute --reassignment-json-file $DIR/same.json --throttle x'),
      line('--execute --reassignment-json-file $DIR/same.json --topics-to-move-json-file $DIR/same.json'),
      line('--list --throttle 10'),
      line('--list --verify'),
      line('--generate'),
      line('--generate --topics-to-move-json-file $DIR/same.json'),
      line('--execute'),
      line('--cancel'),
      line('--nope'),
      line(''),
      'kafka-reassign-partitions --list',
    ],
  },
]

export const reassign: ToolGroup = { cases }
