/** What a fetch without a session asks for. */
import type { FetchRequest } from '../../protocol/messages/fetch.ts'
import { FetchSlot, type SlotOwner } from '../partitions/sessions/fetch-slot.ts'

/** The partitions of a request that belongs to no session. */
export function slotsOf(request: FetchRequest, byId: boolean, owner: SlotOwner): FetchSlot[] {
  if (request.topics.length === 1 && request.topics[0]!.partitions.length === 1) {
    const { topic, topicId, partitions } = request.topics[0]!
    const slot = new FetchSlot(topic, topicId, byId, partitions[0]!.partition, owner)
    slot.wish(partitions[0]!)
    return [slot]
  }
  const named = new Map<string, FetchSlot>()
  for (const { topic, topicId, partitions } of request.topics) {
    for (const wish of partitions) {
      // One that is named twice is read once, as it is named last.
      const key = `${topic}/${topicId}/${wish.partition}`
      let slot = named.get(key)
      if (slot === undefined) {
        slot = new FetchSlot(topic, topicId, byId, wish.partition, owner)
        named.set(key, slot)
      }
      slot.wish(wish)
    }
  }
  return [...named.values()]
}
