/** What a topic may be called. */

/** The longest name: with partition and suffix it still fits a file name. */
export const topicNameLengthMax = 249

const legal = /^[a-zA-Z0-9._-]+$/
const internal = new Set(['__consumer_offsets', '__transaction_state', '__share_group_state'])

/** The name of Kafka's metadata log, which no topic may take. */
export const metadataTopicName = '__cluster_metadata'

/** True for the topics in which the broker keeps its own state. */
export function isInternalTopic(name: string): boolean {
  return internal.has(name)
}

/** Why a name is not allowed, null where it is. */
export function topicNameError(name: string): string | null {
  if (name === '') return 'a topic name cannot be empty'
  if (name === '.' || name === '..') return "a topic cannot be called '.' or '..'"
  if (name.length > topicNameLengthMax) {
    return `a topic name has at most ${topicNameLengthMax} characters; this one has ${name.length}`
  }
  if (!legal.test(name)) {
    return `'${name}' is not a topic name: it may have letters and digits of ASCII, '.', '_' and '-'`
  }
  return null
}

/** What two names share that differ only in '.' and '_': metric names cannot tell such topics apart. */
export function collisionForm(name: string): string {
  return name.replaceAll('.', '_')
}

/** Whether a name has a letter in which another name could collide with it. */
export function mayCollide(name: string): boolean {
  return name.includes('.') || name.includes('_')
}
