/** On a network in memory, with a clock that is turned by hand, a seed says all that a broker answers. */
import t from 'tap'
import { createLogger } from '../../lib/base/logger.ts'
import { seededRandom } from '../../lib/base/random.ts'
import { Client } from '../../lib/client/client.ts'
import { Composition } from '../../lib/composition.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import { MemoryNetwork } from '../../lib/network/memory.ts'
import type { Interceptor } from '../../lib/server/interceptor.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { CreateTopics } from '../../protocol/messages/create-topics.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { InitProducerId } from '../../protocol/messages/init-producer-id.ts'
import { JoinGroup } from '../../protocol/messages/join-group.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { SyncGroup } from '../../protocol/messages/sync-group.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { memoryFiles } from '../../storage/files.ts'

/** Every byte that a broker with this seed answers one client. */
async function answersOf(seed: number): Promise<string[]> {
  const clock = new ManualClock()
  const network = new MemoryNetwork({ clock })
  const answers: string[] = []
  const recorder: Interceptor = {
    encoded: ({ api }, chunks) => {
      answers.push(`${api.name} ${Buffer.concat(chunks as Buffer[]).toString('hex')}`)
      return chunks
    },
  }
  // The clock stands still, and what is to be done at the end of a turn is done.
  const turning = setInterval(() => clock.runImmediates(), 0)
  try {
    const broker = await Composition.start({
      config: BrokerConfig.parse({ listeners: 'PLAINTEXT://broker:9092', 'group.initial.rebalance.delay.ms': '0' }),
      ephemeral: true,
      parts: {
        clocks: { broker: clock, wire: clock },
        ...{ random: seededRandom(seed), files: memoryFiles(), network: network.host('broker') },
      },
      logger: createLogger('silent'),
      interceptors: [recorder],
    })
    const client = await Client.connect({ host: 'broker', port: 9092, network: network.host('client'), clock })
    const topics = [{ name: 'orders', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }]
    await client.send(CreateTopics, 7, { topics, timeoutMs: 1_000 })
    const all = { topics: null, includeClusterAuthorizedOperations: false, includeTopicAuthorizedOperations: false }
    await client.send(Metadata, 12, all)
    await client.send(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 })
    const records = buildBatch({ records: [{ timestamp: clock.now(), key: null, value: Buffer.from('a') }] })
    await client.send(Produce, 9, {
      ...{ transactionalId: null, acks: -1, timeoutMs: 1_000 },
      topicData: [{ name: 'orders', topicId: '', partitionData: [{ index: 1, records }] }],
    })
    await client.send(Fetch, 11, {
      ...{ maxWaitMs: 0, minBytes: 1, maxBytes: 10_000, isolationLevel: 0, forgottenTopicsData: [] },
      topics: [
        { topic: 'orders', topicId: '', partitions: [{ partition: 1, fetchOffset: 0, partitionMaxBytes: 10_000 }] },
      ],
    })
    await client.send(FindCoordinator, 3, { key: 'g', keyType: 0, coordinatorKeys: [] })
    await broker.settle()
    const { generationId, memberId } = await client.send(JoinGroup, 3, {
      ...{ groupId: 'g', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, memberId: '', protocolType: 'consumer' },
      protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
    })
    const assignments = [{ memberId, assignment: Buffer.from('mine') }]
    const { errorCode } = await client.send(SyncGroup, 2, { groupId: 'g', generationId, memberId, assignments })
    if (errorCode !== 0) throw new Error(`not synced: ${errorCode}`)
    await client.close()
    await broker.stop()
  } finally {
    clearInterval(turning)
  }
  return answers
}

t.test('the same seed gives the same bytes, and another others', async t => {
  const [first, again, other] = [await answersOf(7), await answersOf(7), await answersOf(8)]
  t.same(again, first)
  t.equal(first.length, 8)
  t.notSame(other, first)
})
