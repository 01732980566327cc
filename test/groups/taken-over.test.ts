/** Groups that a broker for tests takes from another: their members are gone. */
import t from 'tap'
import { Deadlines } from '../../lib/base/deadlines.ts'
import type { GroupRecord } from '../../lib/groups/records.ts'
import { GroupShard } from '../../lib/groups/shard.ts'
import { Bench } from './bench.ts'

const stable: GroupRecord = {
  kind: 'group',
  groupId: 'g',
  value: {
    ...{ protocolType: 'consumer', generation: 7, protocolName: 'range', leader: 'm', stateTimestampMs: 0 },
    members: [
      {
        ...{ memberId: 'm', groupInstanceId: null, clientId: 'c', clientHost: '/127.0.0.1' },
        ...{ rebalanceTimeoutMs: 60_000, sessionTimeoutMs: 10_000 },
        subscription: Buffer.alloc(0),
        assignment: Buffer.alloc(0),
      },
    ],
  },
}

t.test('nobody sees the members of a group that was taken over, not even before their end is written', async t => {
  const bench = new Bench()
  const shard = new GroupShard(
    { settings: bench.settings, timers: new Deadlines(), log: () => {}, membersAreGone: true, readPattern: () => null },
    bench.image,
  )
  shard.replay(stable, -1, bench.now)
  const { records } = shard.loaded(bench.now)
  t.match(records, [{ kind: 'group', groupId: 'g', value: { members: [] } }])
  t.match(shard.list(), [{ groupId: 'g', groupState: 'Empty' }])
})
