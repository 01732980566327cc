/** A cluster that goes on while a broker starts: no change falls between the image that was read and what is told of afterwards. */
import t from 'tap'
import { systemClocks } from '../lib/base/clock.ts'
import { createLogger } from '../lib/base/logger.ts'
import { seededRandom } from '../lib/base/random.ts'
import { topicKey, writeStored } from '../lib/cluster/stored.ts'
import { Composition } from '../lib/composition.ts'
import { BrokerConfig } from '../lib/config/config.ts'
import { EmbeddedStore } from '../lib/metadata/embedded.ts'
import { memoryJournal } from '../lib/metadata/journal.ts'
import type { MetadataStore } from '../lib/metadata/store.ts'
import { systemNetwork } from '../lib/network/tcp.ts'
import { codes } from '../protocol/errors.ts'
import { ListOffsets } from '../protocol/messages/list-offsets.ts'
import { type Files, memoryFiles } from '../storage/files.ts'
import { connect } from './turned-broker.ts'

const namesAfterwards = Array.from({ length: 20 }, (_, index) => `after-the-watch-${index}`)

/** Makes a topic as another broker does, whose partition is led by node 1. */
async function create(store: MetadataStore, name: string): Promise<void> {
  const value = writeStored({ topicId: name.padEnd(22, '0'), replicas: [[1]], made: [] })
  await store.transact({ changes: [{ key: topicKey(name), value }] })
}

/** Makes one in each of the next turns. */
async function createOn(store: MetadataStore): Promise<void> {
  for (const name of namesAfterwards) {
    await create(store, name)
    await new Promise<void>(resolve => setImmediate(resolve))
  }
}

/** A store in which others make topics from the moment on at which a broker that starts has listed what there is. */
function busy(store: MetadataStore): { store: MetadataStore; made: Promise<void>[] } {
  const made: Promise<void>[] = []
  const others: Partial<MetadataStore> = {
    list: async prefix => {
      const listing = await store.list(prefix)
      if (prefix === '') await create(store, 'after-the-listing')
      return listing
    },
    watch: async (prefix, revision, listener, gone) => {
      const watch = await store.watch(prefix, revision, listener, gone)
      if (prefix === '') made.push(createOn(store))
      return watch
    },
    // The broker's end is not the store's.
    close: () => Promise.resolve(),
  }
  const proxy = new Proxy(store, {
    get(target, name) {
      const member = others[name as keyof MetadataStore] ?? target[name as keyof MetadataStore]
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  return { store: proxy, made }
}

function start(files: Files, store: MetadataStore): Promise<Composition> {
  return Composition.start({
    config: BrokerConfig.parse({ listeners: 'PLAINTEXT://127.0.0.1:0', 'node.id': '1', 'log.dirs': '/data' }),
    ephemeral: false,
    parts: {
      clocks: systemClocks,
      random: seededRandom(1),
      files,
      network: systemNetwork,
      openStore: async () => store,
    },
    logger: createLogger('silent'),
  })
}

t.test('topics that others make while a broker starts are there when it is ready', async t => {
  const files = memoryFiles()
  const shared = new EmbeddedStore(memoryJournal())
  await create(shared, 'there-before')
  await (await start(files, busy(shared).store)).stop()
  // As after a crash: logs are recovered, and that takes turns of the event loop.
  files.unlink('/data/.kafka_cleanshutdown')
  for (const name of ['after-the-listing', ...namesAfterwards]) {
    await shared.transact({ changes: [{ key: topicKey(name), value: null }] })
  }
  const { store, made } = busy(shared)
  const broker = await start(files, store)
  await Promise.all(made)
  const client = await connect(broker.bootstrap)
  t.teardown(async () => {
    await client.close()
    await broker.stop()
  })
  const names = ['there-before', 'after-the-listing', ...namesAfterwards]
  const { topics } = await client.send(ListOffsets, 4, {
    ...{ replicaId: -1, isolationLevel: 0, timeoutMs: 1_000 },
    topics: names.map(name => ({ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] })),
  })
  t.same(
    topics.map(({ name, partitions }) => [name, partitions[0]!.errorCode]),
    names.map(name => [name, codes.NONE]),
  )
})
