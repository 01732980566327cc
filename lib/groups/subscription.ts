/** The one look that the broker takes into what consumers tell their leader: which topics they consume. */
import { DecodeError, decode } from '../../protocol/codec.ts'
import { ConsumerProtocolSubscription } from '../../protocol/stored/consumer-protocol-subscription.ts'

/** Bytes of the version that the metadata begins with. */
const versionBytes = 2

/**
 * The topics in a consumer's metadata, or null where it is not a consumer's. Every version begins as version 0 does, with topics and
 * user data; no more is read, so that versions to come are read too, and what follows may be damaged.
 */
export function subscribedTopics(metadata: Buffer): readonly string[] | null {
  if (metadata.length < versionBytes) return null
  try {
    return decode(ConsumerProtocolSubscription, 0, metadata, versionBytes).topics
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}

/** What the members of one generation of consumers told of themselves. It is read when somebody first asks. */
export class Subscriptions {
  #metadata: readonly Buffer[]
  #topics: ReadonlySet<string> | null | undefined

  constructor(metadata: readonly Buffer[]) {
    this.#metadata = metadata
  }

  /** The topics that any of them consumes, or null where one's metadata cannot be read. */
  get topics(): ReadonlySet<string> | null {
    if (this.#topics === undefined) {
      this.#topics = this.#read()
      this.#metadata = []
    }
    return this.#topics
  }

  #read(): ReadonlySet<string> | null {
    const topics = new Set<string>()
    for (const metadata of this.#metadata) {
      const read = subscribedTopics(metadata)
      if (read === null) return null
      for (const topic of read) topics.add(topic)
    }
    return topics
  }
}
