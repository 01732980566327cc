/** StreamsGroupTopologyDescriptionUpdate: how a streams application is built (KIP-1071). Such groups are not served. */
import { refuseByCodeAndMessage } from './refusals.ts'

export const refuseStreamsGroupTopologyDescriptionUpdate = refuseByCodeAndMessage
