/** What a topic may be called. */

/** The longest name: with partition and suffix it still fits a file name. */
export const topicNameLengthMax = 249

const legal = /^[a-zA-Z0-9._-]+$/
/**
 * Where a check of the broker's health produces and consumes, and where the group that it joins is kept. Both are made by the first check, are
 * answered to whoever names them, and stand in no list: a check leaves nothing that anybody would come across.
 */
export const healthTopic = '__ottla_health'
export const healthGroupsTopic = '__ottla_health_groups'
/** How the ids of the groups begin that such checks join. */
const healthGroupPrefix = '__ottla_health-'

const internal = new Set(['__consumer_offsets', '__transaction_state', '__share_group_state', healthGroupsTopic])

/** The name of Kafka's metadata log, which no topic may take. */
export const metadataTopicName = '__cluster_metadata'

/** True for the topics in which the broker keeps its own state. */
export function isInternalTopic(name: string): boolean {
  return internal.has(name)
}

/** True for topics that are left out where all are listed. */
export function isHiddenTopic(name: string): boolean {
  return name === healthTopic || name === healthGroupsTopic
}

/** True for the groups of checks of the broker's health. */
export function isHealthGroup(groupId: string): boolean {
  return groupId.startsWith(healthGroupPrefix)
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
