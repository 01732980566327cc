/** How members come into a classic group, stay in it and leave it, on a shard without a broker. */
import t from 'tap'
import { codes } from '../../protocol/errors.ts'
import { Bench, protocols } from './bench.ts'

t.test('the first member leads, and its assignments make the group stable', async t => {
  const bench = new Bench()
  const asked = bench.join()
  t.ok(asked.waits)
  bench.advance(1)
  const { answer } = asked
  t.match(answer, { errorCode: 0, generationId: 1, protocolName: 'range', leader: answer.memberId })
  t.equal(answer.memberId, 'client-uuid-1')
  t.equal(answer.members.length, 1)
  t.equal(bench.state(), 'CompletingRebalance')
  const sync = bench.sync({
    memberId: answer.memberId,
    assignments: [{ memberId: answer.memberId, assignment: Buffer.from('all') }],
  })
  t.match(sync.answer, {
    errorCode: 0,
    protocolType: 'consumer',
    protocolName: 'range',
    assignment: Buffer.from('all'),
  })
  t.equal(bench.state(), 'Stable')
  t.equal(bench.heartbeat(answer.memberId, 1), 0)
})

t.test(
  'members that come during the initial delay make one generation, and the delay grows with them up to the rebalance timeout',
  async t => {
    const bench = new Bench({ initialRebalanceDelayMs: 3000 })
    const first = bench.join({ rebalanceTimeoutMs: 10_000 })
    bench.advance(2000)
    const second = bench.join({ rebalanceTimeoutMs: 10_000 })
    bench.advance(1000)
    t.ok(first.waits, 'put off by the second')
    bench.advance(2000)
    const third = bench.join({ rebalanceTimeoutMs: 10_000 })
    bench.advance(1000)
    t.ok(first.waits, 'put off by the third')
    bench.advance(1000)
    const fourth = bench.join({ rebalanceTimeoutMs: 10_000 })
    bench.advance(2000)
    t.ok(first.waits)
    bench.advance(999)
    t.ok(first.waits)
    bench.advance(1)
    t.same(
      [first, second, third, fourth].map(({ answer }) => answer.generationId),
      [1, 1, 1, 1],
      'ten seconds are over',
    )
    t.same(
      [first, second, third, fourth].map(({ answer }) => answer.members.length),
      [4, 0, 0, 0],
      'only the leader hears of all',
    )
    t.equal(new Set([first, second, third, fourth].map(({ answer }) => answer.leader)).size, 1)
  },
)

t.test('from version 4 a new member is first given its id, and has to join with it within its session', async t => {
  const bench = new Bench()
  const { answer } = bench.join({}, 4)
  t.match(answer, {
    errorCode: codes.MEMBER_ID_REQUIRED,
    memberId: 'client-uuid-1',
    generationId: -1,
    protocolName: null,
  })
  t.equal(bench.state(), 'Empty', 'the group is there already')
  const again = bench.join({ memberId: answer.memberId }, 4)
  bench.advance(0)
  t.equal(again.answer.errorCode, 0)
  const late = bench.join({}, 4).answer
  bench.advance(10_001)
  t.equal(bench.join({ memberId: late.memberId }, 4).answer.errorCode, codes.UNKNOWN_MEMBER_ID)
})

t.test('a rebalance waits for members that were given an id, until they join or their time is over', async t => {
  const bench = new Bench()
  const [leader] = bench.stableGroup(1)
  const pending = bench.join({}, 5).answer.memberId
  const rejoin = bench.join({ memberId: leader!.memberId })
  t.ok(rejoin.waits)
  const joined = bench.join({ memberId: pending }, 5)
  t.equal(rejoin.answer.generationId, 2)
  t.equal(joined.answer.generationId, 2)
  bench.sync({ memberId: leader!.memberId, generationId: 2 })
  bench.sync({ memberId: pending, generationId: 2 })
  bench.join({ sessionTimeoutMs: 6000 }, 5)
  const first = bench.join({ memberId: leader!.memberId })
  const second = bench.join({ memberId: pending }, 5)
  t.ok(first.waits && second.waits)
  bench.advance(6000)
  t.equal(first.answer.generationId, 3)
  t.equal(second.answer.generationId, 3)
})

t.test('a member id that nobody was given is unknown', async t => {
  const bench = new Bench()
  t.equal(bench.join({ memberId: 'somebody' }).answer.errorCode, codes.UNKNOWN_MEMBER_ID)
  t.equal(bench.state(), 'none', 'and makes no group')
  bench.stableGroup(1)
  t.equal(bench.join({ memberId: 'somebody' }).answer.errorCode, codes.UNKNOWN_MEMBER_ID)
  t.equal(bench.join({ memberId: 'somebody', groupInstanceId: 'i' }, 5).answer.errorCode, codes.UNKNOWN_MEMBER_ID)
})

t.test('the protocol is the one that most members like best among those that all know', async t => {
  const bench = new Bench()
  const joined = bench.stableGroup(3, i => ({
    protocols: protocols(
      ...[
        ['roundrobin', 'range', 'sticky'],
        ['sticky', 'range'],
        ['range', 'sticky'],
      ][i]!,
    ),
  }))
  t.equal(joined[0]!.protocolName, 'range', 'the first choice of two, as roundrobin is not known to all')
})

t.test('whoever shares no protocol with all members is refused', async t => {
  const bench = new Bench()
  bench.stableGroup(2, i => ({
    protocols: protocols(
      ...[
        ['a', 'b'],
        ['b', 'c'],
      ][i]!,
    ),
  }))
  const inconsistent = codes.INCONSISTENT_GROUP_PROTOCOL
  t.equal(bench.join({ protocols: protocols('a', 'c') }).answer.errorCode, inconsistent)
  t.equal(bench.join({ protocols: protocols('b'), protocolType: 'connect' }).answer.errorCode, inconsistent)
  t.equal(bench.join({ protocols: [] }).answer.errorCode, inconsistent)
  t.equal(bench.join({ groupId: 'new', protocols: [] }).answer.errorCode, inconsistent)
  t.equal(bench.join({ groupId: 'new', protocolType: '' }).answer.errorCode, inconsistent)
  t.ok(bench.join({ protocols: protocols('x', 'b') }).waits)
})

t.test('who does not rejoin within the rebalance timeout is out, and another leads', async t => {
  const bench = new Bench()
  const [leader, follower] = bench.stableGroup(2, () => ({ rebalanceTimeoutMs: 3000 }))
  const rejoin = bench.join({
    memberId: follower!.memberId,
    protocols: protocols('range', 'new'),
    rebalanceTimeoutMs: 3000,
  })
  t.equal(bench.heartbeat(leader!.memberId, 1), codes.REBALANCE_IN_PROGRESS)
  bench.advance(2999)
  t.ok(rejoin.waits)
  bench.advance(1)
  t.match(rejoin.answer, { generationId: 2, leader: follower!.memberId })
  t.equal(bench.heartbeat(leader!.memberId, 2), codes.UNKNOWN_MEMBER_ID)
})

t.test('who does not ask for its assignment within the rebalance timeout is out', async t => {
  const bench = new Bench()
  const [leader, follower] = bench.stableGroup(2, () => ({ rebalanceTimeoutMs: 3000 }))
  const joins = [leader, follower].map(member => bench.join({ memberId: member!.memberId, rebalanceTimeoutMs: 3000 }))
  t.same(
    joins.map(({ answer }) => answer.generationId),
    [2, 2],
  )
  const sync = bench.sync({ memberId: leader!.memberId, generationId: 2 })
  t.equal(sync.answer.errorCode, 0)
  t.equal(bench.state(), 'Stable')
  bench.advance(3000)
  t.equal(bench.state(), 'PreparingRebalance')
  t.same(bench.members(), [leader!.memberId])
})

t.test('members that wait for the leader learn of a rebalance', async t => {
  const bench = new Bench()
  const [leader, follower] = bench.stableGroup(2)
  for (const member of [leader, follower]) bench.join({ memberId: member!.memberId })
  const sync = bench.sync({ memberId: follower!.memberId, generationId: 2 })
  t.ok(sync.waits)
  bench.join()
  t.equal(sync.answer.errorCode, codes.REBALANCE_IN_PROGRESS)
  t.equal(bench.sync({ memberId: follower!.memberId, generationId: 2 }).answer.errorCode, codes.REBALANCE_IN_PROGRESS)
})

t.test('a member without heartbeats is out when its session is over', async t => {
  const bench = new Bench()
  const [leader, follower] = bench.stableGroup(2)
  for (let i = 0; i < 3; i++) {
    bench.advance(9999)
    t.equal(bench.heartbeat(leader!.memberId, 1), i === 0 ? 0 : codes.REBALANCE_IN_PROGRESS)
    t.equal(bench.members().includes(follower!.memberId), i === 0)
  }
})

t.test('a member that waits for others needs no heartbeats', async t => {
  const bench = new Bench()
  const [leader, follower] = bench.stableGroup(2, () => ({ rebalanceTimeoutMs: 50_000, sessionTimeoutMs: 10_000 }))
  const rejoin = bench.join({ memberId: leader!.memberId, rebalanceTimeoutMs: 50_000 })
  for (let i = 0; i < 4; i++) {
    bench.advance(9000)
    bench.heartbeat(follower!.memberId, 1)
  }
  t.ok(rejoin.waits)
  bench.join({ memberId: follower!.memberId })
  t.equal(rejoin.answer.errorCode, 0)
})

t.test('a new member whose answer does not come within five minutes is let go', async t => {
  const bench = new Bench()
  const [leader] = bench.stableGroup(1, () => ({ rebalanceTimeoutMs: 600_000, sessionTimeoutMs: 600_000 }))
  const joining = bench.join({ rebalanceTimeoutMs: 600_000, sessionTimeoutMs: 600_000 })
  bench.advance(299_999)
  t.ok(joining.waits)
  bench.advance(1)
  t.match(joining.answer, { errorCode: codes.UNKNOWN_MEMBER_ID, memberId: '' })
  t.same(bench.members(), [leader!.memberId])
})

t.test('members may ask again for what they were told, and only a change makes a rebalance', async t => {
  const bench = new Bench()
  const [leader, follower] = bench.stableGroup(2)
  const again = bench.join({ memberId: follower!.memberId })
  t.match(again.answer, { errorCode: 0, generationId: 1, leader: leader!.memberId, members: [] })
  t.equal(bench.sync({ memberId: follower!.memberId }).answer.assignment.toString(), 'part 1')
  t.equal(bench.state(), 'Stable')
  t.ok(bench.join({ memberId: leader!.memberId }).waits, 'a leader that joins wants a new assignment')
  t.equal(bench.state(), 'PreparingRebalance')
})

t.test('a second JoinGroup of a member ends the first', async t => {
  const bench = new Bench()
  const [leader, follower] = bench.stableGroup(2)
  const first = bench.join({ memberId: leader!.memberId })
  const second = bench.join({ memberId: leader!.memberId })
  t.equal(first.answer.errorCode, codes.REBALANCE_IN_PROGRESS)
  bench.join({ memberId: follower!.memberId })
  t.equal(second.answer.generationId, 2)
  const early = bench.sync({ memberId: follower!.memberId, generationId: 2 })
  const later = bench.sync({ memberId: follower!.memberId, generationId: 2 })
  t.equal(early.answer.errorCode, codes.REBALANCE_IN_PROGRESS)
  t.ok(later.waits)
})

t.test('requests of another generation, of strangers and of other protocols are refused', async t => {
  const bench = new Bench()
  const [leader] = bench.stableGroup(1)
  const { memberId } = leader!
  t.equal(bench.heartbeat(memberId, 2), codes.ILLEGAL_GENERATION)
  t.equal(bench.heartbeat('stranger', 1), codes.UNKNOWN_MEMBER_ID)
  t.equal(bench.heartbeat(memberId, 1, 'instance'), codes.UNKNOWN_MEMBER_ID)
  t.equal(bench.sync({ memberId, generationId: 2 }).answer.errorCode, codes.ILLEGAL_GENERATION)
  t.equal(bench.sync({ memberId: 'stranger' }).answer.errorCode, codes.UNKNOWN_MEMBER_ID)
  t.equal(bench.sync({ memberId, protocolType: 'connect' }).answer.errorCode, codes.INCONSISTENT_GROUP_PROTOCOL)
  t.equal(bench.sync({ memberId, protocolName: 'sticky' }).answer.errorCode, codes.INCONSISTENT_GROUP_PROTOCOL)
  t.equal(bench.sync({ groupId: 'nowhere', memberId }).answer.errorCode, codes.UNKNOWN_MEMBER_ID)
})

t.test('members that leave are out at once, and the group is empty when the last has left', async t => {
  const bench = new Bench()
  const [leader, follower] = bench.stableGroup(2)
  t.same(bench.leave({ memberId: leader!.memberId }, { memberId: 'stranger' }), [0, codes.UNKNOWN_MEMBER_ID])
  t.equal(bench.state(), 'PreparingRebalance')
  const rejoin = bench.join({ memberId: follower!.memberId })
  t.match(rejoin.answer, { generationId: 2, leader: follower!.memberId })
  t.same(bench.leave({ memberId: follower!.memberId }), [0])
  t.equal(bench.state(), 'Empty')
  const last = bench.log.at(-1)
  t.match(last, {
    kind: 'group',
    value: { generation: 3, protocolType: 'consumer', protocolName: null, leader: null, members: [] },
  })
  t.same(bench.leave({ memberId: follower!.memberId }), [codes.UNKNOWN_MEMBER_ID])
})

t.test('a member that leaves while it waits is answered, and one that was only given an id may leave too', async t => {
  const bench = new Bench()
  const [leader] = bench.stableGroup(2)
  const rejoin = bench.join({ memberId: leader!.memberId })
  t.same(bench.leave({ memberId: leader!.memberId }), [0])
  t.equal(rejoin.answer.errorCode, codes.UNKNOWN_MEMBER_ID)
  const { memberId } = bench.join({}, 5).answer
  t.same(bench.leave({ memberId }), [0])
  t.equal(bench.join({ memberId }, 5).answer.errorCode, codes.UNKNOWN_MEMBER_ID)
})

t.test('a full group takes nobody more, but keeps whom it has', async t => {
  const bench = new Bench({ membersMax: 2 })
  const [leader, follower] = bench.stableGroup(2)
  t.match(bench.join().answer, { errorCode: codes.GROUP_MAX_SIZE_REACHED, memberId: '' })
  const rejoin = bench.join({ memberId: leader!.memberId })
  const newcomer = bench.join()
  t.ok(rejoin.waits && newcomer.waits, 'while members gather, the first to come have the places')
  t.equal(bench.join({ memberId: follower!.memberId }).answer.errorCode, codes.GROUP_MAX_SIZE_REACHED)
  t.equal(rejoin.answer.generationId, 2)
})

t.test('a loaded group that is larger than allowed gathers anew', async t => {
  const bench = new Bench()
  bench.stableGroup(3)
  bench.settings.membersMax = 2
  bench.restart()
  t.equal(bench.state(), 'PreparingRebalance')
})

t.test(
  'a static member takes its place again under a new id without a rebalance, and the one before is fenced',
  async t => {
    const bench = new Bench()
    const [leader, follower] = bench.stableGroup(2, i => ({ groupInstanceId: ['a', 'b'][i]! }))
    t.match(follower!.memberId, /^b-uuid/)
    const back = bench.join({ groupInstanceId: 'b' }, 5).answer
    t.match(back, { errorCode: 0, generationId: 1, leader: leader!.memberId, skipAssignment: false })
    t.not(back.memberId, follower!.memberId)
    t.equal(bench.state(), 'Stable')
    t.equal(bench.sync({ memberId: back.memberId, groupInstanceId: 'b' }).answer.assignment.toString(), 'part 1')
    t.equal(bench.heartbeat(follower!.memberId, 1, 'b'), codes.FENCED_INSTANCE_ID)
    t.equal(bench.heartbeat(follower!.memberId, 1), codes.UNKNOWN_MEMBER_ID)
    t.equal(
      bench.join({ memberId: follower!.memberId, groupInstanceId: 'b' }, 5).answer.errorCode,
      codes.FENCED_INSTANCE_ID,
    )
    t.same(bench.leave({ memberId: follower!.memberId, groupInstanceId: 'b' }), [codes.FENCED_INSTANCE_ID])
    t.equal(
      bench.commit({}, { generation: 1, memberId: follower!.memberId, groupInstanceId: 'b' }),
      codes.FENCED_INSTANCE_ID,
    )
  },
)

t.test(
  'a static leader that is back is told to keep the assignment there is, or, by an old protocol, that its old self leads',
  async t => {
    const bench = new Bench()
    const [leader] = bench.stableGroup(2, i => ({ groupInstanceId: ['a', 'b'][i]! }))
    const old = bench.join({ groupInstanceId: 'a' }, 8).answer
    t.match(old, { errorCode: 0, leader: leader!.memberId, members: [], skipAssignment: false })
    t.not(old.memberId, leader!.memberId)
    const { memberId, ...answer } = bench.join({ groupInstanceId: 'a' }, 9).answer
    t.match(answer, { errorCode: 0, leader: memberId, skipAssignment: true })
    t.equal(answer.members.length, 2)
    bench.restart()
    t.equal(bench.heartbeat(memberId, 1, 'a'), 0, 'its new id is on record')
  },
)

t.test('a static member that comes back with other protocols makes a rebalance where the choice changes', async t => {
  const bench = new Bench()
  bench.stableGroup(1, () => ({ groupInstanceId: 'a', protocols: protocols('range', 'sticky') }))
  const back = bench.join({ groupInstanceId: 'a', protocols: protocols('sticky', 'range') }, 5)
  t.match(back.answer, { generationId: 2, protocolName: 'sticky' })
})

t.test('a static member that is replaced while it waits is told that it is fenced', async t => {
  const bench = new Bench()
  const [leader] = bench.stableGroup(2, i => ({ groupInstanceId: ['a', 'b'][i]! }))
  const waits = bench.join({ memberId: leader!.memberId, groupInstanceId: 'a' }, 5)
  t.ok(waits.waits)
  const replacing = bench.join({ groupInstanceId: 'a' }, 5)
  t.equal(waits.answer.errorCode, codes.FENCED_INSTANCE_ID)
  t.ok(replacing.waits)
  bench.join({ groupInstanceId: 'b' }, 5)
  t.equal(replacing.answer.generationId, 2)
  const sync = bench.sync({ memberId: bench.members()[1]!, groupInstanceId: 'b', generationId: 2 })
  t.ok(sync.waits)
  const third = bench.join({ groupInstanceId: 'b' }, 5)
  t.equal(sync.answer.errorCode, codes.FENCED_INSTANCE_ID)
  t.ok(third.waits, 'the leader may have assigned work to the old id, so all join again')
})

t.test('a static member that is away keeps its place through a rebalance, but does not lead', async t => {
  const bench = new Bench()
  const times = { rebalanceTimeoutMs: 2000, sessionTimeoutMs: 60_000 }
  const [leader, follower] = bench.stableGroup(2, i => ({ groupInstanceId: ['a', 'b'][i]!, ...times }))
  const changed = { memberId: follower!.memberId, groupInstanceId: 'b', protocols: protocols('range', 'x'), ...times }
  const rejoin = bench.join(changed, 5)
  bench.advance(2000)
  t.match(rejoin.answer, { generationId: 2, leader: follower!.memberId })
  t.same(
    rejoin.answer.members.map(({ memberId }) => memberId),
    [leader!.memberId, follower!.memberId],
  )
})

t.test('a group whose static members are all away waits for their sessions, and is empty after them', async t => {
  const bench = new Bench()
  const times = { rebalanceTimeoutMs: 2000, sessionTimeoutMs: 9000 }
  bench.stableGroup(2, i => ({ groupInstanceId: ['a', 'b'][i]!, ...times }))
  bench.leave({ groupInstanceId: 'a' })
  bench.advance(8000)
  t.equal(bench.state(), 'PreparingRebalance')
  bench.advance(1000)
  t.equal(bench.state(), 'Empty')
})

t.test('an administrator removes a static member by its instance id alone', async t => {
  const bench = new Bench()
  const [leader, follower] = bench.stableGroup(2, i => ({ groupInstanceId: ['a', 'b'][i]! }))
  t.same(bench.leave({ groupInstanceId: 'b' }, { groupInstanceId: 'c' }, {}), [
    0,
    codes.UNKNOWN_MEMBER_ID,
    codes.UNKNOWN_MEMBER_ID,
  ])
  t.same(bench.members(), [leader!.memberId])
  t.ok(follower)
})

t.test('a member id that nobody could be told is not given', async t => {
  const bench = new Bench()
  const [leader] = bench.stableGroup(1)
  const longest = 32_767 - '-uuid-1'.length
  for (const groupInstanceId of ['i'.repeat(longest + 1), 'é'.repeat(16_381), 'i'.repeat(32_767)]) {
    for (const apiVersion of [5, 9]) {
      const { errorCode, memberId } = bench.join({ groupInstanceId }, apiVersion).answer
      t.equal(errorCode, codes.UNKNOWN_SERVER_ERROR)
      t.equal(memberId, '')
    }
  }
  t.equal(bench.heartbeat(leader!.memberId, 1), 0, 'the group is not disturbed')
  const taken = bench.join({ groupId: 'other', groupInstanceId: 'i'.repeat(longest) })
  bench.advance(0)
  t.equal(taken.answer.errorCode, 0)
  t.equal(Buffer.byteLength(taken.answer.memberId), 32_767)
})

t.test('a shard that is given up answers everybody who waits', async t => {
  const bench = new Bench()
  const [leader, follower] = bench.stableGroup(2)
  const rejoin = bench.join({ memberId: leader!.memberId })
  bench.restart()
  t.equal(rejoin.answer.errorCode, codes.NOT_COORDINATOR)
  t.equal(bench.state(), 'Stable')
  t.equal(bench.heartbeat(follower!.memberId, 1), 0)
})

t.test('members of a loaded group that do not come back are out when their sessions are over', async t => {
  const bench = new Bench()
  bench.stableGroup(2)
  bench.restart()
  bench.advance(10_000)
  t.equal(bench.state(), 'Empty')
})
