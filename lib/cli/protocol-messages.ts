/** Every declared message by its name: requests, responses, headers and what is kept in logs. */
import { RequestHeader, ResponseHeader } from '../../protocol/headers.ts'
import { apis } from '../../protocol/messages/index.ts'
import type { Message } from '../../protocol/schema.ts'
import { storedMessages } from '../../protocol/stored/index.ts'

const all: Message[] = [RequestHeader, ResponseHeader, ...storedMessages]
for (const api of apis) all.push(api.request, api.response)

const byName = new Map(all.map(message => [message.name, message]))

/** The message of a name such as `FetchRequest` or `OffsetCommitValue`. */
export function messageByName(name: string): Message | undefined {
  return byName.get(name)
}
