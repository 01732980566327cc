/** Topics that a broker is to have from its start on, as people write them: on the command line, in a variable, in a program. */
import { knownInstead, type NamesOf, strangeName } from '../base/names.ts'
import { topicNameError } from '../cluster/topic-names.ts'

/** A topic that is made at the start, unless it is there. */
export interface StartTopic {
  readonly name: string
  /** null takes the broker's default (`num.partitions`). */
  readonly partitions: number | null
  /** Settings of its own, by Kafka's names. */
  readonly configs: Readonly<Record<string, string>>
}

/** A topic as a program writes it: its number of partitions, or that and its settings. */
export type TopicOption =
  | number
  | {
      readonly partitions?: number
      /** Settings of the topic, by Kafka's names. */
      readonly config?: Readonly<Record<string, string | number | boolean>>
    }

const optionNames: NamesOf<Exclude<TopicOption, number>> = { partitions: true, config: true }

/** What was written names no topic; the message says what to write instead. */
export class TopicTextError extends Error {
  override readonly name = 'TopicTextError'
}

/** Reads `name[:partitions][:config=value …]`, as in `orders:3:cleanup.policy=compact:retention.ms=60000`. Throws TopicTextError. */
export function topicOfText(text: string): StartTopic {
  const form = `write name:partitions, as in orders:3, or with settings orders:3:cleanup.policy=compact`
  const [head, ...settings] = text.trim().split(/:(?=[a-z][a-z.]*=)/)
  const [name, count, ...rest] = head!.split(':')
  if (rest.length > 0) throw new TopicTextError(`the topic '${text}' has more than a name and a number; ${form}`)
  const configs: Record<string, string> = {}
  for (const setting of settings) {
    const at = setting.indexOf('=')
    configs[setting.slice(0, at)] = setting.slice(at + 1)
  }
  return { name: nameOf(name!, text, form), partitions: partitionsOf(count, text, form), configs }
}

/**
 * Reads what `KAFKA_CREATE_TOPICS` lists in the image that brought it up: `name:partitions:replicas[:cleanup.policy]`, with commas between.
 * One broker has one replica of each, whatever is asked for. Empty items are left out. Throws TopicTextError.
 */
export function parseCreateTopics(text: string, separator = ','): readonly StartTopic[] {
  const form = 'KAFKA_CREATE_TOPICS takes name:partitions:replicas or name:partitions:replicas:cleanup.policy'
  const items = text.split(separator).map(item => item.trim())
  return items
    .filter(item => item !== '')
    .map(item => {
      const [name, partitions, replicas, policy, ...rest] = item.split(':').map(part => part.trim())
      if (rest.length > 0) throw new TopicTextError(`'${item}' has too many parts; ${form}`)
      partitionsOf(replicas, item, form)
      const configs: Record<string, string> = policy ? { 'cleanup.policy': policy } : {}
      return { name: nameOf(name!, item, form), partitions: partitionsOf(partitions, item, form), configs }
    })
}

/** The topics of a program's `topics`. Throws TopicTextError. */
export function topicsOfOption(topics: Readonly<Record<string, TopicOption>>): readonly StartTopic[] {
  const form = 'write topics: { orders: 3 } or topics: { orders: { partitions: 3, config: { … } } }'
  if (typeof topics !== 'object' || topics === null || Array.isArray(topics))
    throw new TopicTextError(`topics is no object; ${form}`)
  return Object.entries(topics).map(([name, option]) => {
    if (typeof option !== 'number' && (typeof option !== 'object' || option === null || Array.isArray(option)))
      throw new TopicTextError(`the topic '${name}' has ${JSON.stringify(option)} where a number belongs; ${form}`)
    const strange = typeof option === 'number' ? undefined : strangeName(option, optionNames)
    if (strange !== undefined) {
      throw new TopicTextError(`the topic '${name}' has '${strange}'; ${knownInstead(strange, optionNames)}; ${form}`)
    }
    const { partitions, config = {} } = typeof option === 'number' ? { partitions: option } : option
    const configs = Object.fromEntries(Object.entries(config).map(([key, value]) => [key, String(value)]))
    const count = partitions === undefined ? undefined : String(partitions)
    return { name: nameOf(name, name, form), partitions: partitionsOf(count, name, form), configs }
  })
}

function nameOf(name: string, text: string, form: string): string {
  const wrong = topicNameError(name)
  if (wrong !== null) throw new TopicTextError(`the topic '${text}' has no good name: ${wrong}; ${form}`)
  return name
}

function partitionsOf(count: string | undefined, text: string, form: string): number | null {
  if (count === undefined) return null
  if (!/^[1-9]\d{0,8}$/.test(count)) {
    throw new TopicTextError(`the topic '${text}' has '${count}' where a number from 1 on belongs; ${form}`)
  }
  return Number(count)
}
