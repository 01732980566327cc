/** Work beside the event loop, and clocks that wait for it. */
import { pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import t from 'tap'
import { offLoop, offLoopDone } from '../../lib/base/off-loop.ts'
import { Brokers } from '../replication/brokers.ts'
import { ClusterWorld } from '../simulation/cluster/world.ts'
import { turnOfTheLoop } from '../turn-of-the-loop.ts'
import { Turned } from '../turned-broker.ts'

/** Takes a thread longer than many turns of the event loop, on any machine. */
const derive = () => offLoop(promisify(pbkdf2)('password', 'salt', 50_000, 64, 'sha512'))

t.test('a turn of the loop ends when what is done beside it is done, and what follows from that', async t => {
  const done: string[] = []
  void derive()
    .then(derive)
    .then(() => done.push('both'))
  await turnOfTheLoop()
  t.same(done, ['both'])
  t.equal(offLoopDone(), null)
})

t.test('what fails beside the loop is told to who waits for it alone', async t => {
  const failing = offLoop(Promise.reject(new Error('the disk is gone')))
  t.ok(offLoopDone())
  await offLoopDone()
  await t.rejects(failing, { message: 'the disk is gone' })
  await turnOfTheLoop()
  t.equal(offLoopDone(), null)
})

t.test('no time of several brokers passes while something is done beside the loop', async t => {
  const brokers = new Brokers()
  const beginMs = brokers.clock.now()
  brokers.clock.schedule(1, () => undefined)
  await brokers.passing(derive())
  t.equal(brokers.clock.now(), beginMs)
  await brokers.close()
})

t.test('nor does a simulated cluster go on', async t => {
  const world = new ClusterWorld(1, { brokers: 1, properties: {}, lost: 0 })
  const beginMs = world.clock.now()
  world.clock.schedule(1, () => undefined)
  await world.passing(derive(), 'deriving')
  t.equal(world.clock.now(), beginMs)
})

t.test('a clock in the hands of a test stands still for it, too', async t => {
  const broker = await Turned.start(t)
  let isDone = false
  void derive().then(() => {
    isDone = true
  })
  await broker.advance(0)
  t.ok(isDone)
})
