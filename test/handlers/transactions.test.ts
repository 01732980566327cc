/** DescribeTransactions and ListTransactions, of which there are none. */
import t from 'tap'
import { describeTransactions } from '../../lib/handlers/describe-transactions.ts'
import { listTransactions } from '../../lib/handlers/list-transactions.ts'
import { codes } from '../../protocol/errors.ts'
import { DescribeTransactions } from '../../protocol/messages/describe-transactions.ts'
import { ListTransactions } from '../../protocol/messages/list-transactions.ts'
import { clusterContext, encodable } from './cluster-context.ts'

t.test('no transactional id is known', async t => {
  const { at } = await clusterContext(t, { deny: (_, type, name) => type === 'transactionalId' && name === 'hidden' })
  const answer = describeTransactions({ transactionalIds: ['a', '', 'hidden', 'a'] }, at(0))
  t.same(
    answer.transactionStates.map(({ transactionalId, errorCode }) => [transactionalId, errorCode]),
    [
      ['a', codes.TRANSACTIONAL_ID_NOT_FOUND],
      ['', codes.INVALID_REQUEST],
      ['hidden', codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED],
      ['a', codes.TRANSACTIONAL_ID_NOT_FOUND],
    ],
  )
  encodable(t, DescribeTransactions, answer)
})

t.test('none are listed, and states that there are not are told', async t => {
  const { at } = await clusterContext(t)
  const states = ['Ongoing', 'PrepareEpochFence', 'ongoing', '', 'Nonsense', 'Nonsense']
  const asked = { stateFilters: states, producerIdFilters: [3], durationFilter: -1, transactionalIdPattern: null }
  const answer = listTransactions(asked, at(2))
  t.match(answer, { errorCode: codes.NONE, transactionStates: [] })
  t.same(answer.unknownStateFilters, ['ongoing', '', 'Nonsense'])
  encodable(t, ListTransactions, answer)
})

t.test('a pattern is one of RE2, as Apache Kafka takes it', async t => {
  const { at } = await clusterContext(t)
  const list = (transactionalIdPattern: string) =>
    listTransactions({ stateFilters: [], producerIdFilters: [], durationFilter: -1, transactionalIdPattern }, at(2))
  for (const pattern of ['', 'a.*', '(?i)a', '(?is:a)', '\\pL\\Q+\\E', '(?P<n>a)[[:alpha:]]', '\\\\1', 'a{1000}']) {
    t.equal(list(pattern).errorCode, codes.NONE, pattern)
  }
  for (const pattern of ['((', '*', 'a)', '[a', 'a++', '(?=a)', '(?<!a)', '\\1', 'a{1001}', 'a{2,1001}']) {
    t.throws(() => list(pattern), { code: codes.INVALID_REGULAR_EXPRESSION }, pattern)
  }
})
