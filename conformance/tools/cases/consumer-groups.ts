/** kafka-consumer-groups and kafka-groups for groups of the consumer protocol. */
import { alterConfigs } from '../../../lib/admin/configs.ts'
import type { ToolCase, ToolGroup } from '../case.ts'
import { joinClassic, Member, owning } from '../members.ts'
import type { World } from '../world.ts'

const line = (args: string) => `kafka-consumer-groups --bootstrap-server $BOOTSTRAP ${args}`
/** The order of groups and members is that of a hash table of Kafka's. */
const unordered = (args: string) => ({ run: line(args), unordered: true })
const allGroups = (args: string) => ({ run: `kafka-groups --bootstrap-server $BOOTSTRAP ${args}`, unordered: true })

const orders = { subscribedTopicNames: ['orders'] }

/** Groups in every state that one with members can be in, one without, one with a classic member, and two of the classic kind. */
export async function groupsOfAllKinds(world: World): Promise<void> {
  await alterConfigs(world.admin, { type: 'group', name: 'assigning' }, [
    { name: 'consumer.assignment.interval.ms', value: '600000' },
  ])
  await world.topic('orders', 3)
  await world.topic('other')
  await world.produce('orders', ['a', 'b'], { partition: 0 })
  await world.produce('orders', ['c'], { partition: 2 })
  await world.produce('other', ['d'])

  await world.commit('readers', 'orders', 0, 1)
  await world.commit('readers', 'other', 0, 1)
  const one = await Member.join(world, 'readers', 'reader-one', { ...orders, instanceId: 'desk', rackId: 'north' })
  await owning([one], [3])
  const two = await Member.join(world, 'readers', 'reader-two', orders)
  await owning([one, two], [2, 1])

  const slow = await Member.join(world, 'waiting', 'slow', orders)
  await owning([slow], [3])
  await Member.join(world, 'waiting', 'patient', { ...orders, serverAssignor: 'uniform' })

  const early = await Member.join(world, 'assigning', 'early', orders)
  await owning([early], [3])
  await Member.join(world, 'assigning', 'late', orders)

  await world.commit('idle', 'orders', 0, 1)
  await world.commit('idle', 'orders', 1, 0)
  await (await Member.join(world, 'idle', 'gone', { subscribedTopicNames: ['other'] })).leave()

  const mover = await Member.join(world, 'moving', 'mover', {
    subscribedTopicNames: ['other'],
    serverAssignor: 'range',
  })
  await owning([mover], [1])
  await joinClassic(world, 'moving', 'orders')
  await owning([mover], [1])

  await joinClassic(world, 'classic', 'orders')
  await world.commit('plain', 'other', 0, 0)
}

/** Ids that brokers make up, and the columns that are as wide as they. */
const masks: ToolCase['masks'] = [
  [/\S*-[0-9a-f]{8}-[0-9a-f-]{27}/g, '<member>'],
  [/(?<= )(?:[0-9a-f]{8}-[0-9a-f-]{27}|[\w-]{22})(?= +\/127)/g, '<member>'],
  [/(CONSUMER-ID|mover) +/g, '$1 '],
]

const cases: readonly ToolCase[] = [
  {
    name: 'consumer groups: list',
    prepare: groupsOfAllKinds,
    run: [
      unordered('--list'),
      unordered('--list --state'),
      unordered('--list --type'),
      unordered('--list --state --type'),
      unordered('--list --type consumer'),
      unordered('--list --type Classic'),
      unordered('--list --type consumer,classic --state Stable'),
      unordered('--list --state assigning,reconciling'),
      unordered('--list --state Empty --type Consumer'),
      unordered('--list --state Dead --type Consumer'),
      allGroups('--list'),
      allGroups('--list --consumer'),
      allGroups('--list --group-type consumer'),
      allGroups('--list --group-type classic'),
      allGroups('--list --protocol consumer'),
      allGroups('--list --group-type consumer --protocol consumer'),
    ],
  },
  {
    name: 'consumer groups: describe',
    prepare: groupsOfAllKinds,
    masks,
    run: [
      line('--describe --group readers'),
      line('--describe --group readers --offsets --verbose'),
      unordered('--describe --group readers --members'),
      unordered('--describe --group readers --members --verbose'),
      line('--describe --group readers --state'),
      line('--describe --group readers --state --verbose'),
      line('--describe --group waiting --offsets'),
      unordered('--describe --group waiting --members --verbose'),
      line('--describe --group waiting --state --verbose'),
      line('--describe --group assigning'),
      unordered('--describe --group assigning --members --verbose'),
      line('--describe --group assigning --state --verbose'),
      line('--describe --group idle'),
      line('--describe --group idle --members --verbose'),
      line('--describe --group idle --state --verbose'),
      unordered('--describe --group moving'),
      unordered('--describe --group moving --members'),
      unordered('--describe --group moving --members --verbose'),
      line('--describe --group moving --state --verbose'),
      unordered('--describe --group classic --members --verbose'),
      line('--describe --group classic --state --verbose'),
      unordered('--describe --all-groups --state'),
      unordered('--describe --all-groups --members --verbose'),
      unordered('--describe --all-groups --offsets --verbose'),
      line('--describe --group readers --group none --state'),
    ],
  },
  {
    name: 'consumer groups: reset offsets, and delete',
    prepare: groupsOfAllKinds,
    run: [
      line('--reset-offsets --group readers --topic orders --to-earliest --execute'),
      line('--reset-offsets --group waiting --topic orders --to-earliest --execute'),
      line('--reset-offsets --group assigning --all-topics --to-latest --dry-run'),
      line('--reset-offsets --group idle --topic orders --to-latest --execute'),
      unordered('--reset-offsets --group idle --all-topics --shift-by -1 --dry-run'),
      unordered('--reset-offsets --group idle --group readers --topic other --to-earliest --dry-run'),
      line('--describe --group idle'),
      line('--delete-offsets --group readers --topic orders'),
      line('--delete-offsets --group readers --topic other'),
      line('--delete-offsets --group readers --topic orders:0 --topic other'),
      line('--delete-offsets --group idle --topic orders:0'),
      line('--delete-offsets --group moving --topic orders --topic other'),
      line('--describe --group readers --offsets'),
      line('--delete --group readers'),
      line('--delete --group idle --group waiting'),
      line('--delete --group idle'),
      line('--describe --group idle'),
      unordered('--list --state --type'),
    ],
  },
  {
    name: 'consumer groups: subscribed by a regular expression',
    async prepare(world) {
      await world.topic('orders', 3)
      await world.topic('other')
      const one = await Member.join(world, 'matching', 'one', { subscribedTopicNames: [], subscribedTopicRegex: 'o.*' })
      await owning([one], [4])
    },
    run: [
      line('--describe --group matching'),
      line('--describe --group matching --members --verbose'),
      line('--describe --group matching --state --verbose'),
      line('--delete-offsets --group matching --topic other'),
      ...['o.*', '(?i)orders', '[[:alpha:]]+', '\\pL', 'a(?=b)', '(a)\\1', 'a{1001}', '[a', '*'].map(pattern =>
        line(`--validate-regex '${pattern}'`),
      ),
    ],
  },
]

/** Members are there for as long as a case takes, and it says when a group is assigning. */
export const settings = {
  'group.consumer.max.session.timeout.ms': '600000',
  'group.consumer.session.timeout.ms': '600000',
  'group.consumer.max.assignment.interval.ms': '600000',
  'group.consumer.assignment.interval.ms': '0',
}

export const consumerGroups: ToolGroup = { settings, cases }
