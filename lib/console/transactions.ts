/** Transactional ids as the console lists and describes them. */
import type { Admin } from '../admin/admin.ts'
import { describeTransaction, listTransactions } from '../admin/transactions.ts'
import type { Listed, TransactionAnswer, TransactionRow } from './answers.ts'
import { type Page, pageOf } from './page-of.ts'

export async function transactionRows(
  admin: Admin,
  page: Page & { readonly filter: string },
): Promise<Listed<TransactionRow>> {
  const all = await listTransactions(admin)
  const wanted = page.filter.toLowerCase()
  const matching = all
    .filter(({ transactionalId }) => transactionalId.toLowerCase().includes(wanted))
    .sort((a, b) => (a.transactionalId < b.transactionalId ? -1 : 1))
  const rows = pageOf(matching, page).map(
    ({ transactionalId, transactionState: state, producerId, coordinatorId }) => ({
      ...{ transactionalId, state, producerId, coordinator: coordinatorId },
    }),
  )
  return { total: all.length, matching: matching.length, rows }
}

/** Rejects with KafkaError where nothing is known of the id. */
export async function transactionAnswer(admin: Admin, transactionalId: string): Promise<TransactionAnswer> {
  const { producerId, producerEpoch, coordinatorId, partitions, ...told } = await describeTransaction(
    admin,
    transactionalId,
  )
  return {
    ...{ transactionalId, producerId, producerEpoch, coordinator: coordinatorId, partitions },
    ...{ state: told.transactionState, timeoutMs: told.transactionTimeoutMs, startTimeMs: told.transactionStartTimeMs },
  }
}
