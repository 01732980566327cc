/** How long a cluster of 100,000 partitions takes to be read from etcd, each of which differs from how it began. */
import t from 'tap'
import { applyChanges } from '../../lib/cluster/apply.ts'
import { emptyImage } from '../../lib/cluster/image.ts'
import {
  partitionKey,
  type StoredPartition,
  type StoredTopic,
  topicKey,
  writeStored,
} from '../../lib/cluster/stored.ts'
import { EtcdCluster, etcdMissing } from './etcd-server.ts'
import { storeAt } from './etcd-store.ts'

const topics = 1_000
const partitionsEach = 100
/** What is asked for is 5 s on a machine that does nothing else; tests run beside each other. */
const loadMsMax = 30_000

t.test('100,000 partitions are read and made an image', { skip: etcdMissing, timeout: 240_000 }, async t => {
  const etcd = await EtcdCluster.start(t)
  const store = storeAt(etcd.address('load'))
  const writes: Promise<unknown>[] = []
  for (let n = 0; n < topics; n++) {
    const topicId = `topic-${String(n).padStart(16, '0')}`
    const topic: StoredTopic = { topicId, replicas: Array.from({ length: partitionsEach }, () => [1, 2, 3]), made: [] }
    const state: StoredPartition = {
      ...{ leader: 2, leaderEpoch: 7, starts: 3, partitionEpoch: 9, isr: [1, 2, 3], offlineReplicas: [] },
    }
    writes.push(
      store.transact({ changes: [{ key: topicKey(`topic-${n}`), value: writeStored(topic) }] }),
      store.transact({
        changes: topic.replicas.map((_, i) => ({ key: partitionKey(topicId, i), value: writeStored(state) })),
      }),
    )
  }
  await Promise.all(writes)
  const startedMs = performance.now()
  const { entries, revision } = await store.list('')
  const listedMs = performance.now()
  const { image } = applyChanges(emptyImage('cluster', -1), entries, revision)
  const loadedMs = performance.now()
  t.equal(entries.length, topics * (partitionsEach + 1))
  t.equal(image.topics.get('topic-999')!.partitions[99]!.leader, 2)
  t.comment(`listed in ${Math.round(listedMs - startedMs)} ms, image in ${Math.round(loadedMs - listedMs)} ms`)
  t.ok(loadedMs - startedMs < loadMsMax)
  await store.close()
})
