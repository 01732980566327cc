/**
 * What a broker in memory holds at one moment: its files, by copy-on-write, and the cluster's metadata. A broker that is opened from it has new
 * ids for its topics, so that clients of another one notice.
 */
import { copyOfData, renameCluster, renameTopics } from '../../storage/copies.ts'
import type { MemoryTree } from '../../storage/memory-files.ts'
import { type Random, uuids } from '../base/random.ts'
import {
  clusterKey,
  configKey,
  producerIdsKey,
  readStored,
  type StoredTopic,
  splitKey,
  startsKey,
  topicKey,
  writeStored,
} from '../cluster/stored.ts'
import type { Composition } from '../composition.ts'
import type { JournalChange } from '../metadata/journal.ts'

/** See the head of the file. Nothing in it changes. */
export interface Snapshot {
  readonly files: MemoryTree
  /** The data directory in these. */
  readonly path: string
  readonly entries: readonly JournalChange[]
  /** The topics among them, and their ids. */
  readonly topics: readonly { readonly name: string; readonly topicId: string; readonly value: string }[]
  /** Topics by all ids that offsets in it may have been committed for. */
  readonly topicsById: ReadonlyMap<string, string>
}

/** Where a broker listens is not what it holds: a copy listens elsewhere. */
const ofPlace = ['listeners', 'advertised.listeners']
/** What the store knows by sessions, which end with their broker, and what is counted elsewhere. */
const passing = ['brokers', 'endpoints', 'leaders', producerIdsKey]
/** Turns of the event loop that logs are waited for: nothing of them takes longer in memory. */
const turnsMax = 100

/** Takes one. `formerIds` are topics by the ids that they had in earlier brokers. */
export async function takeSnapshot(
  { services, storage }: Composition,
  {
    files,
    formerIds,
    settle,
  }: {
    readonly files: MemoryTree
    readonly formerIds: ReadonlyMap<string, string>
    readonly settle: () => Promise<void>
  },
): Promise<Snapshot> {
  const [directory] = storage.directories
  for (let turn = 0; ; turn++) {
    await settle()
    // All in one turn: nothing is appended while files are completed and copied.
    const left = [...services.partitions.all()].filter(partition => !partition.completeFiles())
    if (left.length === 0) {
      await directory!.checkpoint()
      // One that was under way took turns of its own.
      if ([...services.partitions.all()].every(partition => partition.completeFiles())) break
    }
    if (turn === turnsMax) throw new Error(`the log of ${left[0]?.name} does not come to rest`)
  }
  const { entries } = await storage.store.list('')
  const kept = entries.filter(({ key }) => !passing.includes(splitKey(key)[0]))
  const topics = kept.filter(({ key }) => splitKey(key)[0] === 'topics')
  const topicsById = new Map(formerIds)
  for (const { name, topicId } of services.cluster.image.topics.values()) topicsById.set(topicId, name)
  return {
    files: copyOfData(files, directory!.path),
    path: directory!.path,
    entries: kept.filter(entry => !topics.includes(entry)).flatMap(withoutPlace),
    topics: topics.map(({ key, value }) => {
      return { name: splitKey(key)[1], topicId: readStored<StoredTopic>(key, value).topicId, value }
    }),
    topicsById,
  }
}

function withoutPlace({ key, value }: { readonly key: string; readonly value: string }): JournalChange[] {
  if (!key.startsWith(configKey('broker', ''))) return [{ key, value }]
  const configs = Object.entries(readStored<Record<string, string>>(key, value))
  const kept = configs.filter(([name]) => !ofPlace.includes(name))
  return kept.length === 0 ? [] : [{ key, value: writeStored(Object.fromEntries(kept)) }]
}

/** What another broker begins with. */
export interface Beginning {
  readonly files: MemoryTree
  readonly entries: readonly JournalChange[]
  /** The ids that topics have now, by those that they had. */
  readonly topicIds: ReadonlyMap<string, string>
}

/**
 * Makes what a broker begins with that goes on from a snapshot. `starts` is how often brokers had started before it, `idsKept` are those of topics
 * that are to keep theirs.
 */
export function beginningOf(
  { files, path, entries, topics, topicsById }: Snapshot,
  {
    nodeId,
    starts,
    clusterId,
    random,
    idsKept,
  }: {
    readonly nodeId: number
    readonly starts: number
    readonly clusterId: string
    readonly random: Random
    readonly idsKept: ReadonlyMap<string, string>
  },
): Beginning {
  const ids = uuids(random, topics.length).map((id, i) => idsKept.get(topics[i]!.name) ?? id)
  const idOfName = new Map(topics.map(({ name }, i) => [name, ids[i]!]))
  const idOfOwn = new Map(topics.map(({ topicId }, i) => [topicId, ids[i]!]))
  const copy = files.copy()
  renameTopics(copy, path, topic => idOfName.get(topic))
  renameCluster(copy, path, clusterId)
  const changed = entries.map(({ key, value }): JournalChange => {
    const [kind, rest] = splitKey(key)
    if (key === clusterKey) return { key, value: writeStored({ clusterId }) }
    if (key === startsKey(nodeId)) return { key, value: writeStored({ count: starts }) }
    if (kind !== 'partitions') return { key, value }
    const [topicId = '', index] = rest.split('/')
    return { key: `partitions/${idOfOwn.get(topicId)}/${index}`, value }
  })
  for (const [i, { name, topicId, value }] of topics.entries())
    changed.push({ key: topicKey(name), value: value.replace(topicId, ids[i]!) })
  const topicIds = new Map<string, string>()
  for (const [id, topic] of topicsById) {
    const now = idOfName.get(topic)
    if (now !== undefined) topicIds.set(id, now)
  }
  return { files: copy, entries: changed, topicIds }
}
