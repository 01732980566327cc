/** Brokers as the images of tests have them. */
import type { BrokerImage } from '../../lib/cluster/image.ts'

/** A broker that is there, and that the controller has dealt with. */
export function activeBroker(id: number, fields: Partial<BrokerImage> = {}): BrokerImage {
  return { id, epoch: 1, rack: null, state: 'active', endpoints: [], previousEpoch: -1, ...fields }
}
