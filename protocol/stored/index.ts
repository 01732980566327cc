/** Every message that is kept in a log or file, or passed inside another message. */
import type { Message } from '../schema.ts'
import { AbortedTxn } from './aborted-txn.ts'
import { ConsumerProtocolAssignment } from './consumer-protocol-assignment.ts'
import { ConsumerProtocolSubscription } from './consumer-protocol-subscription.ts'
import { ControlRecordTypeSchema } from './control-record-type-schema.ts'
import { groupRecords, transactionRecords } from './coordinator-records.ts'
import { DefaultPrincipalData } from './default-principal-data.ts'
import { EndTxnMarker } from './end-txn-marker.ts'
import { ProducerSnapshot } from './producer-snapshot.ts'

export const storedMessages: readonly Message[] = [
  AbortedTxn,
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  ControlRecordTypeSchema,
  DefaultPrincipalData,
  EndTxnMarker,
  ProducerSnapshot,
  ...[groupRecords, transactionRecords].flatMap(records =>
    Object.values(records).flatMap(({ key, value }) => [key, value]),
  ),
]
