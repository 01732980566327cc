/**
 * Topics that are no more, and whose offsets count no more: from the moment that the cluster says so, though the tombstones are
 * written bit by bit, and though the cluster may have said it while the shard was loading, or to a broker that died.
 */
import { noTopicId } from './records.ts'

/** Which topics there are. */
export interface Topics {
  readonly topics: { has(name: string): boolean }
  readonly topicsById: { has(topicId: string): boolean }
}

/** How that changes. */
export interface TopicsChange {
  readonly image: Topics
  readonly deleted: readonly { readonly name: string }[]
}

export class GoneTopics {
  #image: Topics
  /** What there was when loading began, until all offsets from before that were looked at. */
  #loadedWith: Topics | null
  /** Names of topics that were deleted since the last look began, and since the one before it. */
  #deleted = new Set<string>()
  #lookedFor: ReadonlySet<string> = new Set()

  constructor(image: Topics) {
    this.#image = image
    this.#loadedWith = image
  }

  /** True where topics are gone for which nobody has looked yet. */
  changed({ image, deleted }: TopicsChange): boolean {
    this.#image = image
    for (const { name } of deleted) this.#deleted.add(name)
    return deleted.length > 0
  }

  /** Whether what was committed for this topic is void. An id is never given again; without one the name has to do. */
  has(topic: string, topicId: string): boolean {
    if (topicId !== noTopicId) return !this.#image.topicsById.has(topicId)
    if (this.#loadedWith !== null && !this.#loadedWith.topics.has(topic)) return true
    return this.#deleted.has(topic) || this.#lookedFor.has(topic)
  }

  /** A look at all offsets begins. */
  lookBegins(): void {
    this.#lookedFor = new Set([...this.#lookedFor, ...this.#deleted])
    this.#deleted = new Set()
  }

  /** Nothing that is void was left by the look. */
  lookEnds(): void {
    this.#lookedFor = new Set()
    this.#loadedWith = null
  }
}
