/** Which topics a command line means. */
import type { Admin } from '../../admin/admin.ts'
import { listTopics } from '../../admin/topics.ts'
import type { Given } from './tool.ts'
import type { TopicsOption } from './topics-options.ts'

/** The topics that the command line names. Throws where it names one, and there is none, unless that is allowed. */
export async function topicsMeant(admin: Admin, given: Given<TopicsOption>) {
  const all = await listTopics(admin, { internal: !given.has('exclude-internal') })
  const [text, id] = [given.one('topic'), given.one('topic-id')]
  if (id !== undefined) checkId(id)
  const pattern = text === undefined ? null : patternOf(text)
  const meant = all.filter(({ name, topicId }) => (id === undefined ? (pattern?.test(name) ?? true) : topicId === id))
  if (meant.length === 0 && !given.has('if-exists') && !given.has('list')) {
    if (id !== undefined) throw new Error(`TopicId '${id}' does not exist as expected`)
    if (text !== undefined) throw new Error(`Topic '${text}' does not exist as expected`)
  }
  return meant
}

const idBytes = 16

/** Throws where no topic could have this id. */
function checkId(text: string): void {
  const { length } = Buffer.from(text, 'base64url')
  if (length !== idBytes) {
    throw new Error(
      `Input string \`${text}\` decoded as ${length} bytes, which is not equal to the expected ${idBytes} bytes of a base64-encoded UUID`,
    )
  }
}

/** A list of names and regular expressions; each stands for whole names. */
function patternOf(text: string): RegExp {
  const alternatives = text
    .trim()
    .replace(/^["']|["']$/g, '')
    .replaceAll(' ', '')
    .replaceAll(',', '|')
  try {
    return new RegExp(`^(?:${alternatives})$`)
  } catch {
    throw new Error(`${text} is an invalid regex.`)
  }
}
