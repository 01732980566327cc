/** The cluster's topics as consumer groups see them, and a hash by which a change of those that a group consumes is noticed. */
import { xxh3 } from './xxh3.ts'

/** A topic, with the replicas of its partitions by index. */
export interface TopicInfo {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly { readonly replicas: readonly number[] }[]
}

/** What a group knows of the cluster. */
export interface ClusterTopics {
  readonly topics: {
    has(name: string): boolean
    get(name: string): TopicInfo | undefined
    keys(): Iterable<string>
  }
  readonly topicsById: { has(topicId: string): boolean; get(topicId: string): TopicInfo | undefined }
  readonly brokers: readonly { readonly id: number; readonly rack: string | null }[]
  readonly revision: number
}

/** The first byte of what is hashed of a topic: the version of its layout. */
const layoutVersion = 0

/**
 * Apache Kafka's hash of the topics that a group consumes: another one where one of them has come, gone, been made anew, or has got more
 * partitions, or replicas in other racks; 0 where there is none of them. It is on record, so that it has to be the same number there.
 */
export function metadataHash(names: Iterable<string>, image: ClusterTopics): bigint {
  const hashes = [...topicHashes([...names].sort(), image)]
  if (hashes.length === 0) return 0n
  const whole = Buffer.alloc(8 * hashes.length)
  for (const [i, hash] of hashes.entries()) whole.writeBigInt64LE(hash, 8 * i)
  return xxh3(whole)
}

/** The hash of each of these topics that there is. They are kept, so that who goes through them bit by bit has the whole at little cost. */
export function* topicHashes(names: Iterable<string>, image: ClusterTopics): Generator<bigint, void> {
  const racks = new Map(image.brokers.flatMap(({ id, rack }) => (rack === null ? [] : [[id, rack] as const])))
  const racksKey = JSON.stringify([...racks])
  for (const name of names) {
    const topic = image.topics.get(name)
    if (topic) yield topicHash(topic, racks, racksKey)
  }
}

/** Hashes of topics that are in an image: it never changes, and the next one has the same where a topic is the same. */
const known = new WeakMap<TopicInfo, { readonly racksKey: string; readonly hash: bigint }>()

function topicHash(topic: TopicInfo, racks: ReadonlyMap<number, string>, racksKey: string): bigint {
  const before = known.get(topic)
  if (before?.racksKey === racksKey) return before.hash
  const hash = xxh3(hashedOf(topic, racks))
  known.set(topic, { racksKey, hash })
  return hash
}

/** Numbers have their lowest byte first, and texts, in UTF-16, their length behind them. */
function hashedOf({ name, topicId, partitions }: TopicInfo, racks: ReadonlyMap<number, string>): Buffer {
  const racksOf = racks.size === 0 ? [] : partitions.map(({ replicas }) => replicas.flatMap(id => racks.get(id) ?? []))
  const rackBytes = racksOf.flat().reduce((sum, rack) => sum + 8 + 2 * rack.length, 0)
  const bytes = Buffer.alloc(1 + 16 + (2 * name.length + 4) + 4 + 4 * partitions.length + rackBytes)
  let at = bytes.writeUInt8(layoutVersion)
  const id = Buffer.from(topicId, 'base64url')
  at = bytes.writeBigUInt64LE(id.readBigUInt64BE(0), at)
  at = bytes.writeBigUInt64LE(id.readBigUInt64BE(8), at)
  const put = (text: string) => {
    at += bytes.write(text, at, 'utf16le')
    at = bytes.writeInt32LE(text.length, at)
  }
  put(name)
  at = bytes.writeInt32LE(partitions.length, at)
  for (let partition = 0; partition < partitions.length; partition++) {
    at = bytes.writeInt32LE(partition, at)
    for (const rack of racksOf[partition]?.sort() ?? []) {
      at = bytes.writeInt32LE(rack.length, at)
      put(rack)
    }
  }
  return bytes
}
