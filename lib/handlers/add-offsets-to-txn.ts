/** AddOffsetsToTxn: takes a group’s offsets into a transaction (KIP-98). Transactions are not served. */
import { refuseByCode } from './refusals.ts'

export const refuseAddOffsetsToTxn = refuseByCode
