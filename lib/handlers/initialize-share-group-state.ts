/** InitializeShareGroupState: begins the state of a share group (KIP-932). Such groups are not served. */
import { refuseSharePartitions } from './refusals.ts'

export const refuseInitializeShareGroupState = refuseSharePartitions
