/** What a leader concludes from the fetches of its followers. */
import t from 'tap'
import { Leader, type Leadership, type LeaderView } from '../../../lib/partitions/roles/leader.ts'
import { codes, KafkaError } from '../../../protocol/errors.ts'

const view = {
  logEndOffset: 0,
  nowMs: 0,
  lagMsMax: 1_000,
  isEligible: (_id: number, _epoch: number): boolean => true,
}

function leader(state: Partial<Leadership> = {}): { leader: Leader; view: typeof view; follow(change: object): void } {
  let now: Leadership = { leaderEpoch: 5, partitionEpoch: 0, replicas: [1, 2, 3], isr: [1, 2, 3], elr: [], ...state }
  const one = new Leader(1, now)
  one.follow(now, 0)
  return {
    leader: one,
    view: { ...view },
    follow: change => {
      now = { ...now, partitionEpoch: now.partitionEpoch + 1, ...change }
      one.follow(now, 0)
    },
  }
}

function fetched(
  one: Leader,
  id: number,
  fetchOffset: number,
  { logEndOffset, nowMs }: LeaderView,
  { brokerEpoch = -1, logStartOffset = 0 } = {},
): void {
  one.fetched(id, { fetchOffset, logStartOffset, brokerEpoch, leaderEndOffset: logEndOffset, atMs: nowMs })
}

function codeOf(work: () => unknown): number {
  try {
    work()
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
  return codes.NONE
}

t.test('the only replica commits what it has', async t => {
  const { leader: one, view } = leader({ replicas: [1], isr: [1] })
  view.logEndOffset = 7
  t.equal(one.committedEnd(view, 2), 7)
  t.notOk(one.isUnderMinIsr(2), 'a topic cannot ask for more replicas than it has')
})

t.test(
  'committed is what all in-sync replicas have, and none that is not heard of in this epoch is believed to have anything',
  async t => {
    const { leader: one, view, follow } = leader()
    view.logEndOffset = 10
    t.equal(one.committedEnd(view, 1), -1)
    fetched(one, 2, 8, view)
    t.equal(one.committedEnd(view, 1), -1)
    fetched(one, 3, 6, view)
    t.equal(one.committedEnd(view, 1), 6)
    fetched(one, 3, 10, view)
    t.equal(one.committedEnd(view, 1), 8)
    follow({ leaderEpoch: 6 })
    t.equal(one.committedEnd(view, 1), -1, 'others may have led in between')
  },
)

t.test('nothing is committed while fewer are in sync than the topic asks for', async t => {
  const { leader: one, view, follow } = leader()
  view.logEndOffset = 10
  for (const id of [2, 3]) fetched(one, id, 10, view)
  follow({ isr: [1] })
  t.equal(one.committedEnd(view, 2), -1)
  t.ok(one.isUnderMinIsr(2))
  t.equal(one.committedEnd(view, 1), 10)
  // What was proposed is not what the cluster has taken over.
  one.propose([1, 2])
  t.equal(one.committedEnd(view, 2), -1)
  t.notOk(one.mayBeUnderMinIsr(2))
  t.equal(one.isrSizeMin(9), 3)
})

t.test('nothing is committed either while another may be elected that is out of sync', async t => {
  const { leader: one, view, follow } = leader({ isr: [1], elr: [2] })
  view.logEndOffset = 10
  t.equal(one.committedEnd(view, 1), -1, 'the topic asks for one since a moment ago')
  follow({ elr: [] })
  t.equal(one.committedEnd(view, 1), 10)
})

t.test('replicas that are proposed count as in sync until it is known that they are not', async t => {
  const { leader: one, view, follow } = leader({ isr: [1, 2] })
  view.logEndOffset = 10
  view.isEligible = () => false
  fetched(one, 2, 9, view)
  fetched(one, 3, 4, view)
  t.equal(one.committedEnd(view, 1), 9)
  one.propose([1, 2, 3])
  t.equal(one.committedEnd(view, 1), 4)
  follow({ partitionEpoch: 0 })
  t.equal(one.committedEnd(view, 1), 4, 'the topic was changed, the partition was not')
  one.withdraw()
  t.equal(one.committedEnd(view, 1), 9)
  one.propose([1])
  t.equal(one.committedEnd(view, 1), 9, 'who is to leave may be elected as long as it has not left')
  follow({ isr: [1] })
  t.equal(one.committedEnd(view, 1), 10)
})

t.test('a replica that has caught up and may join is waited for, so that it can', async t => {
  const { leader: one, view } = leader({ isr: [1, 2] })
  view.logEndOffset = 10
  fetched(one, 2, 10, view)
  t.equal(one.committedEnd(view, 1), 10, 'one that was never heard of is not')
  fetched(one, 3, 10, view)
  view.logEndOffset = 12
  fetched(one, 2, 12, view)
  t.equal(one.committedEnd(view, 1), 10)
  view.nowMs = 1_001
  t.equal(one.committedEnd(view, 1), 12, 'it has fallen behind')
  view.nowMs = 1_000
  t.equal(one.committedEnd(view, 1), 10)
  view.isEligible = () => false
  t.equal(one.committedEnd(view, 1), 12, 'its broker is fenced')
})

t.test('a replica may join once it has what is committed and what was there when the epoch began', async t => {
  const { leader: one, view, follow } = leader({ isr: [1] })
  one.epochStartOffset = 8
  view.logEndOffset = 10
  t.notOk(one.mayJoin(3, 6, view), 'it was not heard of')
  fetched(one, 3, 7, view, { brokerEpoch: 40 })
  t.notOk(one.mayJoin(3, 6, view), 'it lacks records of the leaders before')
  fetched(one, 3, 8, view, { brokerEpoch: 40 })
  t.ok(one.mayJoin(3, 6, view))
  t.notOk(one.mayJoin(3, 9, view))
  t.notOk(one.mayJoin(9, 6, view))
  view.isEligible = (id, epoch) => id === 3 && epoch === 41
  t.notOk(one.mayJoin(3, 6, view), 'its broker has started again')
  fetched(one, 3, 8, view, { brokerEpoch: 41 })
  t.ok(one.mayJoin(3, 6, view))
  one.propose([1, 3])
  t.notOk(one.mayJoin(3, 6, view), 'one change at a time')
  follow({ isr: [1, 3] })
  t.notOk(one.mayJoin(3, 6, view), 'it has')
  follow({ leaderEpoch: 6, isr: [1] })
  fetched(one, 3, 8, view, { brokerEpoch: 41 })
  t.notOk(one.mayJoin(3, 6, view), 'where this epoch began is not known')
})

t.test('in-sync replicas that have not caught up for too long are told, as slow and as silent ones', async t => {
  const { leader: one, view } = leader()
  view.logEndOffset = 10
  t.same(one.lagging(view), [], 'they are believed to keep up at first')
  for (const id of [2, 3]) fetched(one, id, 10, view)
  view.nowMs = 4_900
  t.same(one.lagging(view), [], 'who has everything does not lag, however silent')
  fetched(one, 2, 10, view)
  view.logEndOffset = 11
  view.nowMs = 5_000
  t.same(one.lagging(view), [3])
  view.nowMs = 5_500
  fetched(one, 2, 10, view)
  view.logEndOffset = 20
  view.nowMs = 5_800
  fetched(one, 2, 11, view)
  view.nowMs = 6_500
  t.same(one.lagging(view), [3], 'it has what was there at its fetch before, a second ago')
  view.nowMs = 6_501
  t.same(one.lagging(view), [2, 3])
  one.propose([1])
  t.same(one.lagging(view), [])
})

t.test('fetches of nobody, and of an earlier run of a broker, are refused', async t => {
  const { leader: one, view } = leader()
  view.logEndOffset = 10
  t.equal(
    codeOf(() => fetched(one, 9, 5, view)),
    codes.UNKNOWN_LEADER_EPOCH,
  )
  fetched(one, 2, 5, view, { brokerEpoch: 40 })
  t.equal(
    codeOf(() => fetched(one, 2, 9, view, { brokerEpoch: 39 })),
    codes.NOT_LEADER_OR_FOLLOWER,
  )
  t.equal(one.follower(2)!.logEndOffset, 5)
  fetched(one, 2, 2, view, { brokerEpoch: 41 })
  t.equal(one.follower(2)!.logEndOffset, 2, 'its disk may have lost something')
})

t.test('the low watermark is the least log start of the replicas that are there', async t => {
  const { leader: one, view } = leader()
  t.equal(
    one.lowWatermark(7, () => true),
    -1,
  )
  fetched(one, 2, 9, view, { logStartOffset: 5 })
  fetched(one, 3, 9, view, { logStartOffset: 3 })
  t.equal(
    one.lowWatermark(7, () => true),
    3,
  )
  t.equal(
    one.lowWatermark(7, id => id !== 3),
    5,
  )
  t.equal(
    one.lowWatermark(4, id => id !== 3),
    4,
  )
})

t.test('replicas come and go with a reassignment, and those that stay are known', async t => {
  const { leader: one, view, follow } = leader()
  for (const id of [2, 3]) fetched(one, id, 4, view)
  follow({ replicas: [1, 3, 4] })
  t.same(
    one.followers.map(({ id, logEndOffset }) => [id, logEndOffset]),
    [
      [3, 4],
      [4, -1],
    ],
  )
})
