/** DescribeTransactions, ListTransactions and InitProducerId by an id. */
import { codes } from '../../protocol/errors.ts'
import { DescribeTransactions } from '../../protocol/messages/describe-transactions.ts'
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { InitProducerId } from '../../protocol/messages/init-producer-id.ts'
import { ListTransactions } from '../../protocol/messages/list-transactions.ts'
import { until } from '../scenario.ts'
import type { Session } from '../session.ts'
import type { Case } from './case.ts'

/** What a coordinator answers that is not ready, or not known yet. */
export const notYet: readonly number[] = [
  codes.COORDINATOR_LOAD_IN_PROGRESS,
  codes.COORDINATOR_NOT_AVAILABLE,
  codes.NOT_COORDINATOR,
  codes.CONCURRENT_TRANSACTIONS,
]

/** Has the coordinators of ids made, and waits until they know whether they have them. */
export async function coordinators(session: Session, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await until('the coordinator', async () => {
      const { errorCode } = await session.prepare(FindCoordinator, 3, { key: id, keyType: 1 })
      if (notYet.includes(errorCode)) return undefined
      const { transactionStates } = await session.prepare(DescribeTransactions, 0, { transactionalIds: [id] })
      return notYet.includes(transactionStates[0]!.errorCode) ? undefined : true
    })
  }
}

async function describe(session: Session): Promise<void> {
  const ids = [session.name('a'), session.name('b')]
  await coordinators(session, ids)
  await session.sendAtEach(DescribeTransactions, { transactionalIds: [] }, 'none')
  await session.sendAtEach(DescribeTransactions, { transactionalIds: ids }, 'unknown')
  await session.sendAtEach(DescribeTransactions, { transactionalIds: [ids[0]!, '', ids[0]!] }, 'empty, and one twice')
}

const patterns = [
  '',
  'a.*',
  '(?i)a',
  '(?P<n>a)[[:alpha:]]',
  '((',
  '*',
  '[a',
  'a++',
  '(?=a)',
  '\\1',
  'a{1000}',
  'a{1001}',
]

/** Filters that match none, whatever other cases have left. */
async function list(session: Session): Promise<void> {
  await coordinators(session, [session.name('a')])
  const nobody = { producerIdFilters: [9_000_000_000_000_000] }
  await session.sendAtEach(ListTransactions, { stateFilters: [], ...nobody }, 'of a producer')
  await session.sendAtEach(ListTransactions, { stateFilters: ['Dead', 'Nonsense'], ...nobody }, 'by state')
  const states = ['Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort', 'Dead']
  const all = [...states, 'PrepareEpochFence']
  await session.sendAtEach(ListTransactions, { stateFilters: all, ...nobody }, 'by all states')
  await session.sendAtEach(ListTransactions, { stateFilters: ['ongoing'], ...nobody }, 'by a state in small letters')
  await session.sendAtEach(ListTransactions, { durationFilter: 5, ...nobody }, 'by age')
  const version = session.latest(ListTransactions)
  for (const transactionalIdPattern of patterns) {
    await session.send(ListTransactions, version, { transactionalIdPattern, ...nobody }, `by ${transactionalIdPattern}`)
  }
}

async function begin(session: Session): Promise<void> {
  for (const version of session.versions(InitProducerId)) {
    const transactionalId = session.name(`v${version}`)
    await coordinators(session, [transactionalId])
    const { errorCode } = await until('a producer id', async () => {
      const request = { transactionalId, transactionTimeoutMs: 60_000 }
      const answer = await session.prepare(InitProducerId, version, request)
      return notYet.includes(answer.errorCode) ? undefined : answer
    })
    session.note('InitProducerId', version, 'by a transactional id', { errorCode })
  }
}

export const transactionCases: readonly Case[] = [
  { name: 'transactions: described', run: describe },
  { name: 'transactions: listed', run: list },
  { name: 'transactions: a producer by its id', run: begin },
]
