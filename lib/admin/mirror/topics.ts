/** Topics of the original, made in the copy with the same partitions and settings. */
import { codeName, codes, KafkaError } from '../../../protocol/errors.ts'
import type { Admin } from '../admin.ts'
import { alterConfigs, describeConfigs } from '../configs.ts'
import { createPartitions, createTopics } from '../topics.ts'

/** What a setting is that was made for its topic: `DYNAMIC_TOPIC_CONFIG`. */
const ownSetting = 1
/** Settings that mean brokers of the original, or what would change the times of records. */
const left = new Set([
  'message.timestamp.type',
  'leader.replication.throttled.replicas',
  'follower.replication.throttled.replicas',
])

/** A topic to be copied. */
export interface MirroredTopic {
  /** Its name in the original, and in the copy. */
  readonly source: string
  readonly target: string
  readonly partitions: number
}

/** Topics of the original that are meant, without those of brokers themselves. */
export async function topicsMeant(
  source: Admin,
  isMeant: (name: string) => boolean,
  targetOf: (name: string) => string,
): Promise<MirroredTopic[]> {
  const { topics } = await source.metadata(null)
  return [...topics.values()]
    .filter(
      ({ name, isInternal, errorCode }) => errorCode === 0 && !isInternal && !name.startsWith('__') && isMeant(name),
    )
    .map(({ name, partitions }) => ({ source: name, target: targetOf(name), partitions: partitions.length }))
    .sort((a, b) => (a.source < b.source ? -1 : 1))
}

async function settingsOf(admin: Admin, name: string): Promise<Record<string, string>> {
  const configs = await describeConfigs(admin, { type: 'topic', name })
  const own = configs.filter(config => config.configSource === ownSetting && config.value !== null)
  return Object.fromEntries(own.filter(({ name: key }) => !left.has(key)).map(({ name: key, value }) => [key, value!]))
}

/** Makes a topic in the copy, or more partitions of it, and gives it the settings of the original. Rejects with KafkaError. */
export async function bringTopic(source: Admin, target: Admin, topic: MirroredTopic): Promise<void> {
  const wanted = await settingsOf(source, topic.source)
  const there = (await target.metadata([topic.target])).topics.get(topic.target)
  if (there === undefined || there.errorCode !== 0) {
    await make(target, topic, wanted)
    return
  }
  if (there.partitions.length < topic.partitions) {
    const [more] = await createPartitions(target, { [topic.target]: { count: topic.partitions } })
    refuse(more!, topic.target)
  }
  const had = await settingsOf(target, topic.target)
  const names = new Set([...Object.keys(wanted), ...Object.keys(had)])
  const changes = [...names]
    .filter(name => wanted[name] !== had[name])
    .map(name => ({ name, value: wanted[name] ?? null }))
  if (changes.length > 0) await alterConfigs(target, { type: 'topic', name: topic.target }, changes)
}

async function make(target: Admin, topic: MirroredTopic, configs: Readonly<Record<string, string>>): Promise<void> {
  const [made] = await createTopics(target, [{ name: topic.target, partitions: topic.partitions, configs }])
  if (made!.errorCode !== codes.TOPIC_ALREADY_EXISTS) refuse(made!, topic.target)
}

function refuse(
  { errorCode, errorMessage }: { readonly errorCode: number; readonly errorMessage: string | null },
  topic: string,
): void {
  if (errorCode === 0) return
  throw new KafkaError(errorCode, `${topic} cannot be made in the copy: ${errorMessage ?? codeName(errorCode)}`)
}
