/** DescribeTransactions and ListTransactions of ids that nobody has begun with. */
import { DescribeTransactions } from '../../../protocol/messages/describe-transactions.ts'
import { ListTransactions } from '../../../protocol/messages/list-transactions.ts'
import type { Session } from '../../session.ts'
import type { Case } from '../case.ts'
import { coordinators } from './producer.ts'

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

export const describedCases: readonly Case[] = [
  { name: 'transactions: described', run: describe },
  { name: 'transactions: listed', run: list },
]
