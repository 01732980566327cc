/** When answers leave: at the end of a callback that is known, or by the next tick. */
import t from 'tap'
import { Outbox, type Sender } from '../../lib/server/outbox.ts'

class Counted implements Sender {
  flushes = 0
  whenFlushed: () => void = () => undefined

  flushDue(): void {
    this.flushes++
    this.whenFlushed()
  }
}

t.test('what comes up in a callback that is known is sent at its end, the outermost one’s, without a tick', async t => {
  const outbox = new Outbox()
  const [first, second] = [new Counted(), new Counted()]
  outbox.gather(() => {
    outbox.add(first)
    outbox.gather(() => outbox.add(second))
    t.same([first.flushes, second.flushes], [0, 0])
  })
  t.same([first.flushes, second.flushes], [1, 1])
  await new Promise(process.nextTick)
  t.same([first.flushes, second.flushes], [1, 1])
})

t.test('what comes up while others send is sent as well', async t => {
  const outbox = new Outbox()
  const [first, second] = [new Counted(), new Counted()]
  first.whenFlushed = () => outbox.add(second)
  outbox.gather(() => outbox.add(first))
  t.same([first.flushes, second.flushes], [1, 1])
})

t.test('what comes up anywhere else is sent by the next tick, one for all', async t => {
  const outbox = new Outbox()
  const senders = [new Counted(), new Counted()]
  for (const sender of senders) outbox.add(sender)
  t.same(
    senders.map(({ flushes }) => flushes),
    [0, 0],
  )
  await new Promise(process.nextTick)
  t.same(
    senders.map(({ flushes }) => flushes),
    [1, 1],
  )
  outbox.add(senders[0]!)
  outbox.gather(() => undefined)
  t.equal(senders[0]!.flushes, 2, 'or by a callback that ends before')
})

t.test('a callback that throws has sent what came up before', async t => {
  const outbox = new Outbox()
  const sender = new Counted()
  t.throws(() =>
    outbox.gather(() => {
      outbox.add(sender)
      throw new Error('no')
    }),
  )
  t.equal(sender.flushes, 1)
  t.equal(outbox.callback, 0)
})

t.test('a sender that throws holds up nobody who comes later', async t => {
  const outbox = new Outbox()
  const [faulty, other] = [new Counted(), new Counted()]
  faulty.whenFlushed = () => {
    throw new Error('no')
  }
  t.throws(() => outbox.gather(() => outbox.add(faulty)))
  outbox.gather(() => outbox.add(other))
  t.equal(other.flushes, 1)
})
