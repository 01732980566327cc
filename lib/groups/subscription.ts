/** The one look that the broker takes into what consumers tell their leader: which topics they consume. */
import { DecodeError, decode } from '../../protocol/codec.ts'
import { ConsumerProtocolSubscription } from '../../protocol/stored/consumer-protocol-subscription.ts'

/** The topics in a consumer's metadata, or null where it is not a consumer's. */
export function subscribedTopics(metadata: Buffer): readonly string[] | null {
  if (metadata.length < 2) return null
  const version = metadata.readInt16BE(0)
  if (version < 0) return null
  try {
    // Topics come first in every version, so that versions to come can be read as the newest known.
    return decode(
      ConsumerProtocolSubscription,
      Math.min(version, ConsumerProtocolSubscription.versions[1]),
      metadata,
      2,
    ).topics
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}
