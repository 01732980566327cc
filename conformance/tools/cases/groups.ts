/** kafka-consumer-groups. */
import { JoinGroup } from '../../../protocol/messages/join-group.ts'
import type { ToolCase, ToolGroup } from '../case.ts'
import type { World } from '../world.ts'

const line = (args: string) => `kafka-consumer-groups --bootstrap-server $BOOTSTRAP ${args}`
const unordered = (args: string) => ({ run: line(args), unordered: true })

/** Five records in three partitions, and groups that have read some of them. */
async function read(world: World): Promise<void> {
  await world.topic('orders', 3)
  await world.topic('other')
  await world.produce('orders', ['a', 'b'], { partition: 0 })
  await world.produce('orders', ['c', 'd'], { partition: 1, timestamp: 1_600_000_000_000 })
  await world.produce('orders', ['e'], { partition: 2 })
  await world.commit('readers', 'orders', 0, 1)
  await world.commit('readers', 'orders', 1, 2)
  await world.commit('others', 'other', 0, 0)
}

/** Lists whose order is another one in each run of Java. */
const anyOrder: ToolCase['masks'] = [
  [/(following scenarios|Valid states are|Valid types are|one of these options): .*/g, '$1: <list>'],
]

const cases: readonly ToolCase[] = [
  {
    name: 'groups: list and describe where there are none',
    run: [
      line('--list'),
      line('--list --state'),
      line('--list --type'),
      line('--describe --all-groups'),
      line('--describe --group none'),
      line('--describe --group none --members'),
      line('--describe --group none --state'),
      line('--delete --all-groups'),
      line('--delete --group none'),
      line('--delete-offsets --group none --topic none:0'),
      line('--reset-offsets --group none --all-topics --to-earliest --dry-run'),
    ],
  },
  {
    name: 'groups: list and describe',
    prepare: read,
    run: [
      unordered('--list'),
      unordered('--list --state'),
      unordered('--list --state Empty'),
      unordered('--list --type'),
      unordered('--list --type classic --state empty,stable'),
      line('--list --type consumer'),
      line('--list --state stable'),
      line('--describe --group readers'),
      line('--describe --group readers --offsets --verbose'),
      line('--describe --group readers --members'),
      line('--describe --group readers --members --verbose'),
      line('--describe --group readers --state'),
      line('--describe --group readers --state --verbose'),
      line('--describe --group readers --group others'),
      line('--describe --all-groups'),
      line('--describe --all-groups --state'),
      line('--describe --all-groups --members'),
      line('--describe --group readers --group none'),
    ],
  },
  {
    name: 'groups: reset offsets',
    prepare: read,
    files: {
      'plan.csv': 'orders,0,1\norders,1,100\n',
      'groups.csv': 'readers,orders,0,0\nothers,other,0,0\n',
      'unknown.csv': 'none,0,1\n',
    },
    run: [
      line('--reset-offsets --group readers --topic orders --to-earliest'),
      line('--reset-offsets --group readers --topic orders --to-earliest --dry-run'),
      line('--reset-offsets --group readers --topic orders --to-latest --dry-run'),
      line('--reset-offsets --group readers --topic orders:0,2 --to-offset 1 --dry-run'),
      line('--reset-offsets --group readers --topic orders:0,2 --to-offset 1000 --dry-run'),
      unordered('--reset-offsets --group readers --all-topics --to-current --dry-run'),
      line('--reset-offsets --group readers --topic orders --to-current --dry-run --export'),
      line('--reset-offsets --group readers --topic orders:0,1 --shift-by -1 --dry-run'),
      line('--reset-offsets --group readers --topic orders:0,1 --shift-by 10 --dry-run'),
      line('--reset-offsets --group readers --topic orders:2 --shift-by 1 --dry-run'),
      line('--reset-offsets --group readers --topic orders --to-datetime 2020-10-01T00:00:00.000 --dry-run'),
      line('--reset-offsets --group readers --topic orders:1 --to-datetime 2020-09-13T12:26:40.000Z --dry-run'),
      line('--reset-offsets --group readers --topic orders --to-datetime 2020-01-01T00:00:00.000+02 --dry-run'),
      line('--reset-offsets --group readers --topic orders:1 --by-duration P1D --dry-run'),
      line('--reset-offsets --group readers --from-file $DIR/plan.csv --dry-run'),
      unordered('--reset-offsets --group readers --group others --from-file $DIR/groups.csv --dry-run'),
      unordered('--reset-offsets --group readers --group others --topic other --to-earliest --dry-run'),
      unordered('--reset-offsets --all-groups --topic other --to-latest --dry-run --export'),
      line('--describe --group readers'),
      line('--reset-offsets --group readers --topic orders --to-latest --execute'),
      line('--describe --group readers'),
      line('--reset-offsets --group young --topic orders --to-earliest --execute --export'),
      line('--describe --group young'),
    ],
  },
  {
    name: 'groups: reset offsets to what cannot be',
    prepare: read,
    files: { 'unknown.csv': 'none,0,1\n' },
    masks: anyOrder,
    run: [
      line('--reset-offsets --group readers --topic orders --to-datetime nope --dry-run'),
      line('--reset-offsets --group readers --topic orders --by-duration P1 --dry-run'),
      line('--reset-offsets --group readers --topic orders --shift-by x --dry-run'),
      line('--reset-offsets --group readers --topic none --to-latest --dry-run'),
      line('--reset-offsets --group readers --topic orders:7 --to-latest --dry-run'),
      line('--reset-offsets --group readers --topic orders:x --to-latest --dry-run'),
      line('--reset-offsets --group readers --topic orders: --to-latest --dry-run'),
      line('--reset-offsets --group readers --from-file $DIR/unknown.csv --dry-run'),
      line('--reset-offsets --group readers --from-file $DIR/nothing.csv --dry-run'),
      line('--reset-offsets --group readers --to-earliest --dry-run'),
      line('--reset-offsets --group readers --topic orders --dry-run'),
      line('--reset-offsets --topic orders --to-latest --dry-run'),
      line('--reset-offsets --group readers --topic orders --to-latest --to-earliest --dry-run'),
      line('--reset-offsets --group readers --topic orders --to-latest --execute --dry-run'),
      line('--reset-offsets --group readers --all-groups --topic orders --to-latest --dry-run'),
    ],
  },
  {
    name: 'groups: delete groups and offsets',
    prepare: read,
    run: [
      line('--delete-offsets --group readers --topic orders:1'),
      line('--delete-offsets --group readers --topic orders --topic none'),
      line('--delete-offsets --group readers --group others --topic orders'),
      line('--describe --group readers'),
      line('--delete --group readers --group none'),
      line('--delete --group others'),
      line('--list'),
    ],
  },
  {
    name: 'groups: one whose member is there',
    async prepare(world) {
      await read(world)
      const join = (memberId: string) =>
        world.session.prepare(JoinGroup, 5, {
          ...{ groupId: 'readers', sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 60_000, memberId },
          ...{ protocolType: 'consumer', protocols: [{ name: 'range', metadata: Buffer.alloc(0) }] },
        })
      await join((await join('')).memberId)
    },
    masks: [[/\S*-[0-9a-f]{8}-[0-9a-f-]{27}/g, '<member>']],
    run: [
      line('--describe --group readers --state'),
      line('--describe --group readers --members'),
      line('--delete --group readers'),
      line('--reset-offsets --group readers --topic orders --to-latest --execute'),
    ],
  },
  {
    name: 'groups: command lines that make no sense',
    masks: anyOrder,
    run: [
      line(''),
      line('--nope'),
      line('--list --state nope'),
      line('--list --type nope'),
      line('--list --type share'),
      line('--list --describe'),
      line('--list --group a'),
      line('--list --topic a'),
      line('--list --members'),
      line('--list --verbose'),
      line('--describe'),
      line('--describe --group a --all-groups'),
      line('--describe --group a --topic b'),
      line('--describe --group a --members --state'),
      line('--describe --group a --state Empty'),
      line('--describe --group a --timeout x'),
      line('--delete'),
      line('--delete --group a --topic b'),
      line('--delete-offsets --group a'),
      line('--delete-offsets --topic a'),
      'kafka-consumer-groups --list',
    ],
  },
  {
    name: 'groups: regular expressions',
    run: [
      line('--validate-regex "a.*"'),
      'kafka-consumer-groups --validate-regex "a.*"',
      'kafka-consumer-groups --validate-regex "(a"',
    ],
  },
]

export const groups: ToolGroup = { cases }
