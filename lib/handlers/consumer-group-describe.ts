/** ConsumerGroupDescribe: consumer groups with their members (KIP-848). Such groups are not served. */
import { refuseGroups } from './refusals.ts'

export const refuseConsumerGroupDescribe = refuseGroups
