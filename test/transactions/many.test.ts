/** Many transactional ids: what each costs, and that nothing is left of them. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { ListTransactions } from '../../protocol/messages/list-transactions.ts'
import { Turned } from '../turned-broker.ts'
import { RunningBroker } from './running-broker.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heapBytes(): number {
  collectGarbage()
  collectGarbage()
  return process.memoryUsage().heapUsed
}

const ids = 10_000
/** Of each, in heap: what it may cost, and what may be left, as the files in memory go on to grow. */
const [bytesMax, leftBytesMax] = [1_024, 256]
/** Transactions at a time. */
const together = 50

t.test('transactional ids cost a kilobyte each at most, and nothing is left of those that nobody uses', async t => {
  const turned = await Turned.start(t, {
    'transaction.state.log.num.partitions': '2',
    'offsets.topic.num.partitions': '1',
    'transactional.id.expiration.ms': '600000',
    'transaction.remove.expired.transaction.cleanup.interval.ms': '60000',
    'producer.id.expiration.ms': '600000',
    'producer.id.expiration.check.interval.ms': '60000',
  })
  const broker = await RunningBroker.of(turned.client, () => turned.clock.now())
  const transact = async (transactionalId: string) => {
    const producer = await broker.producer(transactionalId)
    const codes = [await broker.send(producer, 'x'), await broker.end(producer, true)]
    if (codes.some(code => code !== 0)) throw new Error(`${transactionalId} is told ${codes}`)
  }
  const count = async () => (await broker.ask(ListTransactions, 0, {})).transactionStates.length
  for (let warm = 0; warm < 500; warm++) await transact(`warm-${warm}`)
  await turned.advance(1_300_000)
  t.equal(await count(), 0)
  const before = heapBytes()
  for (let id = 0; id < ids; id += together)
    await Promise.all(Array.from({ length: together }, (_, i) => transact(`id-${id + i}`)))
  const each = (heapBytes() - before) / ids
  t.comment(`${each} bytes each`)
  t.equal(await count(), ids)
  await turned.advance(1_300_000)
  t.equal(await count(), 0)
  const left = (heapBytes() - before) / ids
  t.comment(`${left} bytes left of each`)
  t.ok(each <= bytesMax, `${each} bytes each`)
  t.ok(left <= leftBytesMax, `${left} bytes are left of each`)
})
