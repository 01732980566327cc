/** Whether groups of the consumer protocol are served. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { groupVersion, levelOf } from '../cluster/features.ts'
import type { BrokerServices } from './context.ts'

/** Throws UNSUPPORTED_VERSION where they are switched off. */
export function checkConsumerGroups({ cluster, config }: BrokerServices): void {
  const isOn = levelOf(groupVersion, cluster.image.featureLevels) > 0
  if (isOn && config.get('group.coordinator.rebalance.protocols').includes('consumer')) return
  const reason = isOn ? 'group.coordinator.rebalance.protocols leaves them out' : `the feature ${groupVersion} is 0`
  throw new KafkaError(codes.UNSUPPORTED_VERSION, `groups of the consumer protocol are switched off: ${reason}`)
}
