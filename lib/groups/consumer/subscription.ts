/** Which topics a member subscribes to, of those that there are. */
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './member.ts'
import type { ClusterTopics } from './topics.ts'

/** Their ids. A regular expression that is not resolved yet matches none. */
export function subscribedTopicIds(
  { resolved }: Pick<ConsumerGroup, 'resolved'>,
  { topicNames, topicRegex }: Pick<ConsumerMember, 'topicNames' | 'topicRegex'>,
  image: ClusterTopics,
): Set<string> {
  const ids = new Set<string>()
  const add = (name: string) => {
    const topic = image.topics.get(name)
    if (topic) ids.add(topic.topicId)
  }
  for (const name of topicNames) add(name)
  if (topicRegex !== '') for (const name of resolved.get(topicRegex)?.topics ?? []) add(name)
  return ids
}
