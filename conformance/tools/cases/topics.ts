/** kafka-topics. */
import type { ToolCase, ToolGroup } from '../case.ts'
import { ownConnecting, ownHelp, ownVersion, ownWords, saidInstead } from './shared.ts'

const line = (args: string) => `kafka-topics --bootstrap-server $BOOTSTRAP ${args}`

const refused = ownWords('stdout', 'Error while executing topic command : ')

const cases: readonly ToolCase[] = [
  {
    name: 'topics: create, list, describe, delete',
    run: [
      line('--list'),
      line('--create --topic orders --partitions 3 --replication-factor 1'),
      line('--create --topic plain'),
      line('--list'),
      line('--list --exclude-internal'),
      line('--list --topic "or.*"'),
      line('--describe --topic orders'),
      line('--describe --exclude-internal'),
      line('--delete --topic orders'),
      line('--list --exclude-internal'),
    ],
  },
  {
    name: 'topics: create with settings',
    // Kafka's tool looks at settings by itself.
    differs: [ownWords('stdout', 'Error while executing topic command : ', 'ottla')],
    run: [
      line('--create --topic compacted --config cleanup.policy=compact --config min.cleanable.dirty.ratio=0.2'),
      line('--describe --topic compacted'),
      line('--describe --topics-with-overrides --exclude-internal'),
      line('--create --topic other --config nonsense=1'),
      line('--create --topic other --config retention.ms=abc'),
      line('--create --topic other --config retention.ms'),
      line('--create --topic other --config cleanup.policy=shrink'),
      line('--create --topic other --config retention.ms=-2'),
      line('--create --topic other --config min.insync.replicas=0'),
      line('--list --exclude-internal'),
    ],
  },
  {
    name: 'topics: create what cannot be',
    differs: [refused],
    run: [
      line('--create --topic a/b'),
      line('--create --topic .'),
      line('--create --topic ""'),
      line(`--create --topic ${'n'.repeat(250)}`),
      line('--create --topic a --partitions 0'),
      line('--create --topic a --partitions -1'),
      line('--create --topic a --partitions many'),
      line('--create --topic a --replication-factor 0'),
      line('--create --topic a --replication-factor 2'),
      line('--create --topic a --replication-factor 40000'),
      line('--create --topic dotted.name'),
      line('--create --topic dotted_name'),
      line('--create --topic dotted.name'),
      line('--create --topic dotted.name --if-not-exists'),
      line('--list --exclude-internal'),
    ],
  },
  {
    name: 'topics: create by assignment',
    differs: [refused],
    run: [
      line('--create --topic placed --replica-assignment 1,1'),
      line('--describe --topic placed'),
      line('--create --topic elsewhere --replica-assignment 7'),
      line('--create --topic elsewhere --replica-assignment 1:1'),
      line('--create --topic elsewhere --replica-assignment 1:2,1'),
      line('--create --topic elsewhere --replica-assignment one'),
      line('--create --topic elsewhere --replica-assignment 1 --partitions 1'),
      line('--create --topic elsewhere --replica-assignment 1 --replication-factor 1'),
    ],
  },
  {
    name: 'topics: alter',
    // Two options in either order.
    masks: [[/Option combination "\[\[[\w-]+\], \[[\w-]+\]\]"/g, 'Option combination <of two>']],
    differs: [refused],
    prepare: world => world.topic('grown', 2),
    run: [
      line('--alter --topic grown --partitions 4'),
      line('--describe --topic grown'),
      line('--alter --topic grown --partitions 4'),
      line('--alter --topic grown --partitions 3'),
      line('--alter --topic grown --partitions 0'),
      line('--alter --topic grown'),
      line('--alter --partitions 5'),
      line('--alter --topic missing --partitions 5'),
      line('--alter --topic missing --partitions 5 --if-exists'),
      line('--alter --topic grown --partitions 6 --replica-assignment 1:1,1,1,1,1,1'),
      line('--alter --topic grown --partitions 6 --replica-assignment 1,1,1,1,1,1'),
      line('--alter --topic grown --config retention.ms=1'),
      line('--describe --topic grown'),
    ],
  },
  {
    name: 'topics: what is not there',
    run: [
      line('--describe --topic missing'),
      line('--describe --topic missing --if-exists'),
      line('--describe --topic-id Zm9vYmFyYmF6cXV4cXV1eA'),
      line('--describe --topic-id nonsense'),
      line('--delete --topic missing'),
      line('--delete --topic missing --if-exists'),
      line('--list --topic missing'),
      line('--list --topic "["'),
      line('--describe --topic "["'),
    ],
  },
  {
    name: 'topics: several by a pattern',
    prepare: async world => {
      await world.topic('red-1')
      await world.topic('red-2', 2)
      await world.topic('blue-1')
    },
    run: [
      line('--list --topic "red-.*"'),
      line('--list --topic red-1,blue-1'),
      line('--describe --topic "red-[12]"'),
      { run: line('--describe --topic red-1,blue-1'), unordered: true },
      line('--delete --topic "red-.*"'),
      line('--list --exclude-internal'),
    ],
  },
  {
    name: 'topics: filters of partitions',
    prepare: world => world.topic('sound', 2),
    run: [
      line('--describe --under-replicated-partitions'),
      line('--describe --unavailable-partitions'),
      line('--describe --under-min-isr-partitions'),
      line('--describe --at-min-isr-partitions --topic sound'),
      line('--describe --topic sound --under-replicated-partitions --unavailable-partitions'),
      line('--describe --topic sound --partition-size-limit-per-response 1'),
    ],
  },
  {
    name: 'topics: command lines that make no sense',
    differs: [
      ...ownHelp('*--help'),
      ownVersion('*--version'),
      ...ownConnecting('*--bootstrap-server "" --list'),
      ...ownConnecting('*--bootstrap-server nowhere*'),
      ...ownConnecting('*--bootstrap-server localhost:port*'),
      ...ownConnecting('*missing.properties'),
      saidInstead('*--zookeeper*'),
    ],
    run: [
      line(''),
      line('--list --describe'),
      line('--create'),
      line('--delete'),
      line('--list --partitions 3'),
      line('--list --config a=b'),
      line('--describe --config a=b'),
      line('--describe --partitions 3'),
      line('--create --topic a --if-exists'),
      line('--delete --topic a --if-not-exists'),
      line('--list --nonsense'),
      line('--list stray'),
      line('--create --topic'),
      line('--create --topic a --partitions'),
      'kafka-topics --list',
      'kafka-topics',
      'kafka-topics --version',
      'kafka-topics --help',
      'kafka-topics --bootstrap-server "" --list',
      'kafka-topics --bootstrap-server nowhere --list',
      'kafka-topics --bootstrap-server localhost:port --list',
      'kafka-topics --zookeeper localhost:2181 --list',
      line('--list --command-config $DIR/missing.properties'),
    ],
  },
  {
    name: 'topics: internal ones',
    differs: [refused],
    run: [
      line('--describe --topic __transaction_state'),
      line('--create --topic __consumer_offsets'),
      line('--alter --topic __consumer_offsets --partitions 1'),
    ],
  },
]

export const topics: ToolGroup = { cases }
