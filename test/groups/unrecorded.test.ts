/** What becomes of groups whose records could not be written. */
import t from 'tap'
import { codes } from '../../protocol/errors.ts'
import { Bench } from './bench.ts'

t.test(
  'assignments that could not be recorded are nobody’s: all who wait are told, and the members join again',
  async t => {
    const bench = new Bench()
    const [leader, follower] = bench.stableGroup(2)
    const rejoin = () => [leader, follower].map(member => bench.join({ memberId: member!.memberId }))
    rejoin()
    const waits = bench.sync({ memberId: follower!.memberId, generationId: 2 })
    bench.failWith = codes.UNKNOWN_SERVER_ERROR
    const assignments = [{ memberId: leader!.memberId, assignment: Buffer.from('too much') }]
    bench.sync({ memberId: leader!.memberId, generationId: 2, assignments })
    bench.failWith = 0
    t.equal(waits.answers.length, 1)
    t.equal(bench.state(), 'PreparingRebalance')
    t.same(bench.members(), [leader!.memberId, follower!.memberId])
    t.same(
      bench.shard.describe('g')!.members.map(({ memberAssignment }) => memberAssignment.length),
      [0, 0],
    )
    for (const member of [leader, follower]) t.equal(bench.heartbeat(member!.memberId, 2), codes.REBALANCE_IN_PROGRESS)
    t.equal(bench.sync({ memberId: leader!.memberId, generationId: 2 }).answer.errorCode, codes.REBALANCE_IN_PROGRESS)
    t.same(
      rejoin().map(({ answer }) => answer.generationId),
      [3, 3],
    )
    bench.sync({ memberId: leader!.memberId, generationId: 3, assignments })
    t.equal(bench.state(), 'Stable')
    bench.restart()
    t.same(
      bench.shard.describe('g')!.members.map(({ memberAssignment }) => memberAssignment.toString()),
      ['too much', ''],
    )
  },
)

t.test('assignments that could not be recorded leave a group that ends like any other', async t => {
  const bench = new Bench()
  const join = bench.join()
  bench.advance(0)
  const { memberId } = join.answer
  bench.failWith = codes.UNKNOWN_SERVER_ERROR
  bench.sync({ memberId, generationId: 1 })
  bench.failWith = 0
  t.equal(bench.state(), 'PreparingRebalance')
  bench.advance(60_000)
  t.equal(bench.state(), 'Empty')
  t.equal(bench.shard.nextTimerMs > bench.monotonicMs + 60_000, true, 'no timer of a member is left')
})

t.test('a group whose first record could not be written is not there', async t => {
  const bench = new Bench()
  bench.failWith = codes.COORDINATOR_NOT_AVAILABLE
  bench.join({ groupId: 'new' })
  t.equal(bench.state('new'), 'none')
})

t.test('a static member that is back, and could not be recorded, has changed nothing', async t => {
  const bench = new Bench()
  const [member] = bench.stableGroup(1, () => ({ groupInstanceId: 'one' }))
  bench.failWith = codes.UNKNOWN_SERVER_ERROR
  bench.join({ groupInstanceId: 'one' })
  bench.failWith = 0
  t.equal(bench.state(), 'Stable')
  t.same(bench.members(), [member!.memberId])
  t.equal(bench.heartbeat(member!.memberId, 1, 'one'), 0)
})
