/** kafka-topics on three brokers that are one cluster, all of them there at first, and then one of them stopped. */
import type { Invocation, ToolCase, ToolGroup } from '../case.ts'
import { ownWords } from './shared.ts'

const line = (args: string) => `kafka-topics --bootstrap-server $BOOTSTRAP ${args}`

/** What describes the topics, wholly and by each filter of partitions. */
const looks = ['placed', 'strict', 'alone', 'spread'].flatMap(topic => [
  line(`--describe --topic ${topic}`),
  ...['under-replicated', 'unavailable', 'under-min-isr', 'at-min-isr'].map(filter =>
    line(`--describe --topic ${topic} --${filter}-partitions`),
  ),
])

/** The same once a broker is gone. */
const looksWithout = (id: number): readonly (string | Invocation)[] => [
  { run: looks[0]!, before: world => world.stopBroker(id) },
  ...looks.slice(1),
]

const cases: readonly ToolCase[] = [
  {
    name: 'topics of three brokers, before and after one of them is stopped',
    // Where it lies is up to chance, and so who leads, and which partitions the broker that is stopped holds first.
    masks: [
      [
        /(Topic: spread\tPartition: \d\tLeader: )\d(\tReplicas: )\d,\d,\d(\tIsr: )\d,\d,\d/g,
        '$1<one>$2<three>$3<three>',
      ],
      [
        /(Topic: spread\tPartition: \d\tLeader: )\d(\tReplicas: )\d,\d,\d(\tIsr: )\d,\d(?!,)/g,
        '$1<one>$2<three>$3<two>',
      ],
    ],
    differs: [ownWords('stdout', 'Error while executing topic command : ')],
    run: [
      line('--create --topic spread --partitions 3 --replication-factor 3'),
      line('--create --topic placed --replica-assignment 1:2:3,2:3:1,3:1:2'),
      line('--create --topic strict --replica-assignment 3:1:2 --config min.insync.replicas=3'),
      line('--create --topic alone --replica-assignment 3'),
      line('--create --topic many --partitions 1 --replication-factor 4'),
      line('--create --topic elsewhere --replica-assignment 1:2:7'),
      line('--list'),
      ...looks,
      ...looksWithout(3),
      line('--create --topic late --replica-assignment 3:1:2'),
      line('--describe --topic late'),
      line('--create --topic later --partitions 1 --replication-factor 3'),
      line('--alter --topic late --partitions 3 --replica-assignment 3:1:2,3:2:1,1:3:2'),
      line('--describe --topic late'),
      line('--create --topic elsewhere --replica-assignment 3'),
      line('--create --topic many --partitions 1 --replication-factor 4'),
      line('--alter --topic alone --partitions 2 --replica-assignment 3,3'),
    ],
  },
]

export const topicsOfThree: ToolGroup = { brokers: 3, isStoppable: true, settleMs: 500, cases }
