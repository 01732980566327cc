/** Groups that come from the classic protocol to the new one and back while they have members. */
import t from 'tap'
import { decode, encode } from '../../../protocol/codec.ts'
import { codes } from '../../../protocol/errors.ts'
import type { JoinGroupResponse } from '../../../protocol/messages/join-group.ts'
import { ConsumerProtocolAssignment } from '../../../protocol/stored/consumer-protocol-assignment.ts'
import { ConsumerProtocolSubscription } from '../../../protocol/stored/consumer-protocol-subscription.ts'
import type { Asked } from '../bench.ts'
import { ConsumerBench, id, settle } from './consumer-bench.ts'

function subscribed(owned: number[], ...topics: string[]) {
  const ownedPartitions = owned.length === 0 ? [] : [{ topic: 't', partitions: owned }]
  const body = encode(ConsumerProtocolSubscription, 1, { topics, ownedPartitions })
  return [{ name: 'range', metadata: Buffer.concat([Buffer.from([0, 1]), body]) }]
}

function assigned(...partitions: number[]): Buffer {
  const body = encode(ConsumerProtocolAssignment, 1, {
    assignedPartitions: [{ topic: 't', partitions }],
    userData: null,
  })
  return Buffer.concat([Buffer.from([0, 1]), body])
}

function partitionsOf(assignment: Uint8Array): number[] {
  if (assignment.length === 0) return []
  return decode(ConsumerProtocolAssignment, 1, Buffer.from(assignment), 2).assignedPartitions.flatMap(
    ({ partitions }) => partitions,
  )
}

/** A member of the classic protocol that does as it is told. */
class ClassicMember {
  readonly bench: ConsumerBench
  readonly groupInstanceId: string | null
  memberId = ''
  generationId = -1
  owned: number[] = []
  errorCode = 0

  constructor(bench: ConsumerBench, groupInstanceId: string | null = null) {
    this.bench = bench
    this.groupInstanceId = groupInstanceId
  }

  join(): Asked<JoinGroupResponse> {
    const { memberId, groupInstanceId, owned } = this
    const asked = this.bench.join({ memberId, groupInstanceId, protocols: subscribed(owned, 't') }, 5)
    if (!asked.waits) this.hear(asked.answer)
    return asked
  }

  hear({ errorCode, memberId, generationId = -1 }: JoinGroupResponse): void {
    this.errorCode = errorCode
    this.memberId = memberId
    if (errorCode === 0) this.generationId = generationId
    if (errorCode === codes.MEMBER_ID_REQUIRED) this.join()
  }

  sync(assignments: { memberId: string; assignment: Buffer }[] = []): number {
    const { memberId, groupInstanceId, generationId } = this
    const { answer } = this.bench.sync({
      memberId,
      groupInstanceId,
      generationId,
      assignments,
      protocolType: 'consumer',
    })
    if (answer.errorCode === 0) this.owned = partitionsOf(answer.assignment)
    return answer.errorCode
  }

  beat(): number {
    return this.bench.heartbeat(this.memberId, this.generationId, this.groupInstanceId)
  }

  /** A round of a consumer that rebalances cooperatively, in a group where the broker assigns. */
  round(): void {
    if (this.beat() === codes.REBALANCE_IN_PROGRESS) {
      this.join()
      this.sync()
    }
  }
}

/** A classic group of one with all three partitions. */
function classicGroup(bench: ConsumerBench): ClassicMember {
  const member = new ClassicMember(bench)
  const asked = bench.join({ memberId: '', protocols: subscribed([], 't') })
  bench.advance(1)
  member.hear(asked.answer)
  t.equal(member.sync([{ memberId: member.memberId, assignment: assigned(0, 1, 2) }]), 0)
  return member
}

t.test(
  'the first member of the new protocol makes a classic group a consumer group, and nobody owns a partition twice',
  async t => {
    const bench = new ConsumerBench()
    const old = classicGroup(bench)
    const before = old.generationId
    const a = bench.member('a')
    t.match(a, { epoch: before + 1, owned: new Set() })
    t.match(bench.describe(), { groupState: 'Reconciling', groupEpoch: before + 1 })
    t.match(
      bench
        .describe()
        .members.map(({ memberId, memberType }) => [memberId, memberType])
        .sort(),
      [
        ['a', 1],
        [old.memberId, 0],
      ].sort(),
    )
    t.equal(old.beat(), codes.REBALANCE_IN_PROGRESS)
    old.join()
    t.equal(old.generationId, before, 'has to give up first')
    t.equal(old.sync(), 0)
    t.equal(old.owned.length, 2)
    a.beat()
    t.equal(a.owned.size, 0, 'until it has said that it has given up')
    old.round()
    t.equal(old.generationId, before + 1)
    a.beat()
    t.equal(a.owned.size, 1)
    t.equal(old.beat(), 0)
    t.equal(bench.describe().groupState, 'Stable')
    t.same(bench.describe(), bench.reloaded())
    t.equal(bench.state(), 'none', 'is no classic group')
  },
)

t.test('the last member of the new protocol leaves a classic group behind, whose members join it anew', async t => {
  const bench = new ConsumerBench()
  const old = classicGroup(bench)
  const a = bench.member('a')
  for (let n = 0; n < 5; n++) {
    old.round()
    a.beat()
  }
  t.equal(a.leave().errorCode, 0)
  t.match(bench.describe(), { errorCode: codes.GROUP_ID_NOT_FOUND })
  bench.advance(0)
  t.equal(bench.state(), 'PreparingRebalance')
  t.equal(old.beat(), codes.REBALANCE_IN_PROGRESS)
  const generation = old.generationId
  const asked = old.join()
  if (!asked.waits) old.hear(asked.answer)
  t.ok(old.generationId > generation)
  t.equal(old.sync([{ memberId: old.memberId, assignment: assigned(0, 1, 2) }]), 0)
  t.equal(bench.state(), 'Stable')
})

t.test('a group that becomes classic again is on record as it was, and its members’ sessions go on', async t => {
  const bench = new ConsumerBench()
  const old = classicGroup(bench)
  const a = bench.member('a')
  old.round()
  a.leave()
  bench.restart()
  t.match(bench.shard.describe('g'), { groupState: 'Stable', protocolType: 'consumer', protocolData: 'range' })
  t.same(partitionsOf(bench.shard.describe('g')!.members[0]!.memberAssignment).length, 2)
  bench.advance(10_000)
  t.equal(bench.members().length, 0)
})

t.test('where the new protocol’s last member is fenced by time, the group becomes classic, too', async t => {
  const bench = new ConsumerBench()
  const old = classicGroup(bench)
  bench.member('a')
  for (let n = 0; n < 46; n++) {
    bench.advance(1000)
    old.round()
  }
  t.not(bench.state(), 'none')
})

t.test('a classic member joins a consumer group, gets its share, and leaves', async t => {
  const bench = new ConsumerBench()
  const a = bench.member('a')
  const old = new ClassicMember(bench)
  old.join()
  t.equal(old.errorCode, 0)
  t.equal(old.sync(), 0)
  t.same(old.owned, [])
  settle([a])
  old.round()
  t.equal(old.owned.length, 1)
  t.equal(bench.describe().groupState, 'Stable')
  t.same(bench.leave({ memberId: old.memberId }, { memberId: 'nobody' }), [0, codes.UNKNOWN_MEMBER_ID])
  settle([a])
  t.equal(a.owned.size, 3)
})

t.test('errors of classic members in a consumer group', async t => {
  const bench = new ConsumerBench()
  const a = bench.member('a', { instanceId: 'new' })
  const old = new ClassicMember(bench, 'old')
  old.join()
  t.equal(bench.heartbeat(old.memberId, old.generationId + 1, 'old'), codes.ILLEGAL_GENERATION)
  t.equal(bench.heartbeat('x', old.generationId, 'old'), codes.FENCED_INSTANCE_ID)
  t.equal(bench.heartbeat('x', old.generationId, 'none'), codes.UNKNOWN_MEMBER_ID)
  t.equal(bench.heartbeat('a', a.epoch), codes.UNKNOWN_MEMBER_ID, 'is of the new protocol')
  const sync = (fields: Parameters<typeof bench.sync>[0]) => {
    const { memberId, generationId } = old
    return bench.sync({ memberId, generationId, groupInstanceId: 'old', ...fields }).answer.errorCode
  }
  t.equal(sync({ generationId: 99 }), codes.ILLEGAL_GENERATION)
  t.equal(sync({ protocolType: 'connect' }), codes.INCONSISTENT_GROUP_PROTOCOL)
  t.equal(sync({ protocolName: 'sticky' }), codes.INCONSISTENT_GROUP_PROTOCOL)
  t.equal(sync({}), 0)
  const join = (fields: Parameters<typeof bench.join>[0]) => bench.join(fields, 3).answer.errorCode
  for (const groupInstanceId of ['new', 'none']) {
    const { answer } = bench.join({ memberId: 'x', groupInstanceId, protocols: subscribed([], 't') }, 5)
    t.not(answer.errorCode, 0)
    t.equal(answer.memberId, '', 'who is refused is told no id')
  }
  t.equal(join({ protocolType: 'connect' }), codes.INCONSISTENT_GROUP_PROTOCOL)
  t.equal(join({ protocols: [{ name: 'other', metadata: Buffer.alloc(8) }] }), codes.INCONSISTENT_GROUP_PROTOCOL)
  t.equal(join({ protocols: [{ name: 'range', metadata: Buffer.alloc(1) }] }), codes.INCONSISTENT_GROUP_PROTOCOL)
  t.equal(bench.commit({ topicId: id('t') }, { memberId: old.memberId, generation: 99 }), codes.ILLEGAL_GENERATION)
  bench.settings.migration = { upgrade: false, downgrade: false }
  t.equal(join({}), codes.INCONSISTENT_GROUP_PROTOCOL)
})

t.test('a classic member that does not sync, or does not join again, in time is fenced', async t => {
  const bench = new ConsumerBench()
  bench.consumer.sessionTimeoutMs = 1_000_000
  const a = bench.member('a')
  const join = () =>
    bench.join({ memberId: '', sessionTimeoutMs: 900_000, rebalanceTimeoutMs: 5000, protocols: subscribed([], 't') })
  const first = join().answer
  bench.advance(5000)
  t.equal(bench.heartbeat(first.memberId, first.generationId!), codes.UNKNOWN_MEMBER_ID)
  const second = join().answer
  t.equal(bench.sync({ memberId: second.memberId, generationId: second.generationId! }).answer.errorCode, 0)
  bench.joinConsumer('b')
  t.equal(bench.heartbeat(second.memberId, second.generationId!), codes.REBALANCE_IN_PROGRESS)
  bench.advance(5000)
  t.equal(bench.heartbeat(second.memberId, second.generationId!), codes.UNKNOWN_MEMBER_ID)
  t.equal(a.beat().errorCode, 0)
})

t.test('a classic group that cannot become a consumer group stays as it is', async t => {
  const bench = new ConsumerBench()
  const refused = () => t.equal(bench.joinConsumer('a').errorCode, codes.GROUP_ID_NOT_FOUND)
  const old = classicGroup(bench)
  bench.settings.migration = { upgrade: false, downgrade: true }
  refused()
  bench.settings.migration = { upgrade: true, downgrade: true }
  bench.settings.consumerMembersMax = 0
  refused()
  bench.settings.consumerMembersMax = 9
  t.equal(old.beat(), 0)
  bench.sync({ memberId: old.memberId, generationId: old.generationId })
  old.join()
  const strange = Buffer.concat([assigned(0).subarray(0, -4), Buffer.from([0, 0, 0, 1, 9])])
  t.equal(
    bench.sync({
      memberId: old.memberId,
      generationId: old.generationId,
      assignments: [{ memberId: old.memberId, assignment: strange }],
    }).answer.errorCode,
    0,
  )
  refused()
  t.equal(bench.state(), 'Stable')
})

t.test('what of a change between protocols could not be written leaves the group as it was', async t => {
  const bench = new ConsumerBench()
  const old = classicGroup(bench)
  bench.failWith = codes.COORDINATOR_NOT_AVAILABLE
  bench.joinConsumer('a')
  t.equal(bench.state(), 'Stable')
  t.equal(old.beat(), 0)
  bench.failWith = 0
  const a = bench.member('a')
  old.round()
  const before = bench.describe()
  bench.failWith = codes.COORDINATOR_NOT_AVAILABLE
  a.leave()
  bench.advance(0)
  t.same(bench.describe(), before)
})

t.test('a static member comes back by the other protocol, in both directions', async t => {
  const bench = new ConsumerBench()
  const old = new ClassicMember(bench, 'one')
  const asked = bench.join({ groupInstanceId: 'one', protocols: subscribed([], 't') })
  bench.advance(1)
  old.hear(asked.answer)
  old.sync([{ memberId: old.memberId, assignment: assigned(0, 1, 2) }])
  const a = bench.member('a', { instanceId: 'one' })
  t.equal(a.owned.size, 3)
  t.match(bench.describe().members, [{ memberId: 'a', instanceId: 'one', memberType: 1 }])
  t.equal(old.beat(), codes.FENCED_INSTANCE_ID)
  const back = new ClassicMember(bench, 'one')
  back.join()
  t.equal(back.errorCode, 0)
  bench.advance(0)
  t.equal(bench.state(), 'Stable', 'a classic group again, without a rebalance')
  t.equal(back.sync(), 0)
  t.equal(back.owned.length, 3)
})

t.test(
  'nothing is left to time out of a member whose joining was not written, once the group is a classic one',
  async t => {
    const bench = new ConsumerBench()
    const a = bench.member('a')
    bench.failWith = codes.COORDINATOR_NOT_AVAILABLE
    bench.join({ memberId: '', protocols: subscribed([], 't') })
    bench.failWith = 0
    t.equal(a.leave().errorCode, 0)
    bench.join({ memberId: '', protocols: subscribed([], 't') })
    bench.advance(1)
    t.equal(bench.state(), 'CompletingRebalance')
    t.doesNotThrow(() => bench.advance(3_600_000))
  },
)
