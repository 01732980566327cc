/** Records and offsets that nobody asks a coordinator about (`transaction.partition.verification.enable=false`). */
import { IncrementalAlterConfigs } from '../../../protocol/messages/incremental-alter-configs.ts'
import { ListTransactions } from '../../../protocol/messages/list-transactions.ts'
import { Produce } from '../../../protocol/messages/produce.ts'
import { TxnOffsetCommit } from '../../../protocol/messages/txn-offset-commit.ts'
import type { Session } from '../../session.ts'
import type { Case } from '../case.ts'
import { coordinator } from '../groups.ts'
import { Producer, topicOf } from './producer.ts'

const broker = 4
const [set, unset] = [0, 1]
/** Since these versions a record, and an offset, adds itself to the transaction. */
const [produceAddsSince, commitAddsSince] = [12, 5]

async function alter(session: Session, configOperation: number, value: string | null): Promise<void> {
  const configs = [{ name: 'transaction.partition.verification.enable', configOperation, value }]
  await session.prepare(IncrementalAlterConfigs, 1, {
    resources: [{ resourceType: broker, resourceName: '', configs }],
  })
}

async function unverified(session: Session): Promise<void> {
  const topic = await topicOf(session, 'topic')
  const groupId = session.name('group')
  // Before it is switched off, so that its coordinator is there.
  await coordinator(session, groupId)
  await alter(session, set, 'false')
  try {
    for (const version of session.versions(Produce).filter(each => each >= 3)) {
      const producer = await Producer.begin(session, `produce-${version}`)
      await producer.send(version, topic, 'a record without its transaction')
      session.note('Produce', version, 'the transaction', await producer.state())
      const errorCode = await producer.end(version >= produceAddsSince ? 5 : 4, true, `commit, Produce v${version}`)
      if (errorCode === 0) await producer.completed()
    }
    for (const version of session.versions(TxnOffsetCommit).filter(each => each < commitAddsSince)) {
      const producer = await Producer.begin(session, `commit-${version}`)
      await producer.commitOffset(version, groupId, topic, 'an offset without its transaction')
      session.note('TxnOffsetCommit', version, 'the transaction', await producer.state())
    }
  } finally {
    await alter(session, unset, null)
  }
}

async function notBegun(session: Session): Promise<void> {
  const { transactionalId } = await Producer.begin(session, 'idle')
  const filter = { durationFilter: 1, transactionalIdPattern: transactionalId }
  const { transactionStates } = await session.prepare(ListTransactions, 2, filter)
  session.note(
    'ListTransactions',
    2,
    'by age',
    transactionStates.map(({ transactionState }) => transactionState),
  )
}

export const unverifiedCases: readonly Case[] = [
  { name: 'transactions: without verification', run: unverified },
  { name: 'transactions: those that have not begun are listed by any age', run: notBegun },
]
