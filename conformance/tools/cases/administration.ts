/** Small tools of administrators: kafka-groups, -get-offsets, -delete-records, -log-dirs, -leader-election. */
import type { ToolCase, ToolGroup } from '../case.ts'
import type { World } from '../world.ts'
import { stillTaken } from './shared.ts'

const tool = (name: string) => (args: string) => `kafka-${name} --bootstrap-server $BOOTSTRAP ${args}`
const [groups, offsets, remove] = [tool('groups'), tool('get-offsets'), tool('delete-records')]
const [dirs, elect] = [tool('log-dirs'), tool('leader-election')]

async function filled(world: World): Promise<void> {
  await world.topic('orders', 3)
  await world.topic('other')
  await world.produce('orders', ['a', 'b'], { partition: 0 })
  await world.produce('orders', ['c', 'd'], { partition: 1, timestamp: 1_600_000_000_000 })
  await world.produce('orders', ['e'], { partition: 2 })
}

const offsetFile = (...partitions: readonly object[]) => JSON.stringify({ partitions, version: 1 })

const cases: readonly ToolCase[] = [
  {
    name: 'all groups: list',
    async prepare(world) {
      await filled(world)
      await world.commit('readers', 'orders', 0, 1)
    },
    run: [
      groups('--list'),
      groups('--list --group-type classic'),
      groups('--list --group-type share'),
      groups('--list --consumer'),
      groups('--list --share'),
      groups('--list --streams'),
      groups('--list --protocol consumer'),
      groups('--list --group-type nope'),
      groups('--list --share --consumer'),
      groups('--list --consumer --protocol a'),
      groups('--list --consumer --group-type classic'),
      groups('--list --nope'),
      groups(''),
      'kafka-groups --list',
    ],
  },
  {
    name: 'get-offsets: by time',
    prepare: filled,
    run: [
      offsets('--exclude-internal-topics'),
      offsets('--topic orders'),
      offsets('--topic orders --time latest'),
      offsets('--topic orders --time earliest'),
      offsets('--topic orders --time -2'),
      offsets('--topic orders --time max-timestamp'),
      offsets('--topic orders --time earliest-local'),
      offsets('--topic orders --time latest-tiered'),
      offsets('--topic orders --time earliest-pending-upload'),
      offsets('--topic orders --time 1600000000000'),
      offsets('--topic orders --time 0'),
      offsets('--topic orders --time 9999999999999'),
    ],
  },
  {
    name: 'get-offsets: of some partitions',
    prepare: filled,
    differs: stillTaken('*--broker-list*', 'orders:0:2*'),
    run: [
      offsets('--topic orders --partitions 0,2'),
      offsets('--topic "o.*" --partitions 0'),
      offsets('--topic-partitions orders:0'),
      offsets('--topic-partitions orders:0-2,other'),
      offsets('--topic-partitions orders:1-'),
      offsets('--topic-partitions orders:-1'),
      offsets('--topic-partitions "o.*:1-"'),
      offsets('--topic-partitions "o.*:0"'),
      offsets('--topic-partitions orders:0:1'),
      offsets('--topic-partitions orders:x'),
      offsets('--topic nope'),
      offsets('--topic orders --partitions 9'),
      offsets('--topic orders --partitions x'),
      offsets('--topic orders --topic-partitions orders:0'),
      offsets('--topic orders --time nope'),
      'kafka-get-offsets --bootstrap-server nope',
      'kafka-get-offsets --broker-list $BOOTSTRAP --topic orders',
      'kafka-get-offsets --topic orders',
    ],
  },
  {
    name: 'delete-records',
    prepare: filled,
    files: {
      'one.json': offsetFile({ topic: 'orders', partition: 0, offset: 1 }),
      'all.json': offsetFile(
        { topic: 'orders', partition: 1, offset: -1 },
        { topic: 'orders', partition: 2, offset: 0 },
      ),
      'twice.json': offsetFile({ topic: 'a', partition: 0, offset: 1 }, { topic: 'a', partition: 0, offset: 2 }),
      'far.json': offsetFile({ topic: 'orders', partition: 0, offset: 100 }),
      'none.json': 'nope',
      'version.json': '{"version":2,"partitions":[]}',
      'fields.json': offsetFile({ topic: 'orders', partition: 0 }),
      'unversioned.json': '{"partitions":[{"topic":"orders","partition":0,"offset":2}]}',
    },
    run: [
      remove('--offset-json-file $DIR/one.json'),
      { run: remove('--offset-json-file $DIR/all.json'), unordered: true },
      offsets('--topic orders --time earliest'),
      remove('--offset-json-file $DIR/unversioned.json'),
      remove('--offset-json-file $DIR/twice.json'),
      remove('--offset-json-file $DIR/far.json'),
      remove('--offset-json-file $DIR/none.json'),
      remove('--offset-json-file $DIR/version.json'),
      remove('--offset-json-file $DIR/fields.json'),
      remove('--offset-json-file $DIR/nothing.json'),
      remove(''),
      'kafka-delete-records --offset-json-file $DIR/one.json',
    ],
  },
  {
    name: 'log-dirs',
    prepare: filled,
    // The order of partitions, and how many bytes a compressed batch takes.
    masks: [
      [/\{"partition":"orders-\d","size":\d+/g, '{"partition":"orders","size":<bytes>'],
      [/\{"partition":"other-\d","size":\d+/g, '{"partition":"other","size":<bytes>'],
    ],
    run: [
      dirs('--describe --topic-list orders'),
      dirs('--describe --topic-list orders --broker-list 1'),
      dirs('--describe --topic-list nope'),
      dirs('--describe --topic-list other --broker-list 1,7'),
      dirs('--describe --broker-list x'),
      dirs('--topic-list orders'),
      dirs(''),
      'kafka-log-dirs --describe',
    ],
  },
  {
    name: 'leader-election',
    prepare: filled,
    files: {
      'two.json': '{"partitions":[{"topic":"orders","partition":0},{"topic":"other","partition":0}]}',
      'twice.json': '{"partitions":[{"topic":"orders","partition":0},{"topic":"orders","partition":0}]}',
      'none.json': '{"parts":[]}',
      'client.properties': '',
    },
    masks: [[/for partitions (?:orders-0, other-0|other-0, orders-0)/g, 'for partitions <both>']],
    run: [
      elect('--election-type preferred --topic orders --partition 0'),
      elect('--election-type UNCLEAN --topic orders --partition 0'),
      elect('--election-type unclean --topic orders --partition 9'),
      elect('--election-type preferred --topic nope --partition 0'),
      elect('--election-type preferred --all-topic-partitions'),
      elect('--election-type unclean --all-topic-partitions'),
      elect('--election-type preferred --path-to-json-file $DIR/two.json'),
      elect('--election-type preferred --path-to-json-file $DIR/twice.json'),
      elect('--election-type preferred --path-to-json-file $DIR/none.json'),
      elect('--election-type preferred --topic orders --partition 0 --admin.config $DIR/client.properties'),
      elect('--election-type preferred'),
      elect('--election-type preferred --topic orders'),
      elect('--election-type preferred --partition 0'),
      elect('--election-type preferred --all-topic-partitions --topic orders --partition 0'),
      elect('--election-type nope --all-topic-partitions'),
      elect('--election-type preferred --topic orders --partition x'),
      elect(''),
    ],
  },
]

export const administration: ToolGroup = { cases }
