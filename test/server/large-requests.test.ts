/** The memory of large requests that have not come whole, and of those that had to wait when they were. */
import t from 'tap'
import { seededRandom } from '../../lib/base/random.ts'
import { Client } from '../../lib/client/client.ts'
import { MemoryNetwork } from '../../lib/network/memory.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { encodeRequestFrame } from '../../protocol/frame.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { crc32c } from '../../protocol/records/crc32c.ts'
import { byBothPaths, produceRequest } from './both-paths.ts'
import { FakeBroker, until } from './fake-broker.ts'

const beat = (client: Client, memberId: string, groupId = 'g') =>
  client.send(Heartbeat, 4, { groupId, generationId: 0, memberId })

byBothPaths(
  'large requests that have not come whole share their memory, one after the other',
  { limits: { assemblyBytesMax: 9_000_000 } },
  async (t, broker) => {
    const records = seededRandom(5).bytes(8_000_000)
    const clients = await Promise.all(Array.from({ length: 4 }, () => broker.connect()))
    const answers = await Promise.all(clients.map(client => client.send(Produce, 9, produceRequest(records))))
    for (const answer of answers) t.equal(answer.responses[0]?.partitionResponses[0]?.baseOffset, crc32c(records))
  },
)

byBothPaths(
  'a large request that had to wait when it was whole leaves its memory to others, though its client sends nothing more',
  { limits: { assemblyBytesMax: 9_000_000, requestsOutstandingMax: 1 } },
  async (t, broker) => {
    const records = seededRandom(5).bytes(8_000_000)
    const [first, second] = [await broker.connect(), await broker.connect()]
    const held = beat(first, 'first', 'held')
    const answers = [first.send(Produce, 9, produceRequest(records))]
    await until(() => broker.server.requestBytesAssembled >= records.length)
    // Its buffer is there when it has come by half.
    const other = await broker.connect()
    for (let i = 0; i < 300; i++) await beat(other, 'other')
    broker.release('first')
    await held
    answers.push(second.send(Produce, 9, produceRequest(records)))
    for (const answer of await Promise.all(answers))
      t.equal(answer.responses[0]?.partitionResponses[0]?.baseOffset, crc32c(records))
    await until(() => broker.server.requestBytesAssembled === 0)
  },
)

t.test('a large request whose end used up what is read in a turn leaves its memory to others', async t => {
  const clock = new ManualClock()
  const network = new MemoryNetwork({ clock })
  const limits = { assemblyBytesMax: 9_000_000 }
  const broker = await FakeBroker.start({ network: network.host('broker'), clock, limits })
  t.teardown(() => broker.stop())
  const sizeOf = (records: Buffer) =>
    encodeRequestFrame(Produce, 9, 1, 'ottla', produceRequest(records)).reduce((sum, { length }) => sum + length, 0)
  // All that is read in a turn, to the byte.
  const turnBytes = 8 * 1024 * 1024
  const bare = 8_000_000
  const records = Buffer.alloc(turnBytes - (sizeOf(Buffer.alloc(bare)) - bare))
  t.equal(sizeOf(records), turnBytes)
  /** What it comes to within a thousand turns, null where it does not. */
  const turned = async <T>(promise: Promise<T>): Promise<T | null> => {
    let result: T | null = null
    promise.then(value => {
      result = value
    })
    for (let turn = 0; turn < 1_000 && result === null; turn++) {
      await new Promise(resolve => setImmediate(resolve))
      clock.runImmediates()
      clock.advance(0)
    }
    return result
  }
  const { port } = broker.bound[0]!
  for (const name of ['first', 'second']) {
    const client = await turned(Client.connect({ host: 'broker', port, clock, network: network.host(name) }))
    const answer = await turned(client!.send(Produce, 9, produceRequest(records)))
    t.equal(answer?.responses[0]?.partitionResponses[0]?.baseOffset, crc32c(records), name)
    t.equal(broker.server.requestBytesAssembled, 0)
  }
})
