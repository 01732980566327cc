/** What the test-kit asks of the broker that serves, or of those that do together. */
import type { Clock } from '../base/clock.ts'
import type { BrokerConfig } from '../config/config.ts'
import type { Groups } from '../coordination/groups.ts'
import type { BrokerServices } from '../handlers/context.ts'
import type { Partitions } from '../partitions/partitions.ts'

/** See the head of the file. */
export interface KitServices {
  readonly cluster: Pick<BrokerServices['cluster'], 'image' | 'autoCreateTopic'>
  readonly partitions: Pick<Partitions, 'get' | 'ofTopic' | 'topicNameOf'>
  readonly groups: Pick<Groups, 'read' | 'write'>
  readonly config: BrokerConfig
  readonly clock: Clock
}
