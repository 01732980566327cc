/** DeleteShareGroupState: deletes the state of a share group (KIP-932). Such groups are not served. */
import { refuseSharePartitions } from './refusals.ts'

export const refuseDeleteShareGroupState = refuseSharePartitions
