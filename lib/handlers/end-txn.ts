/** EndTxn: commits or aborts a transaction (KIP-98). Transactions are not served. */
import { refuseByCode } from './refusals.ts'

export const refuseEndTxn = refuseByCode
