/** What the suite `groups` judges by: it finds what must not be. */
import t from 'tap'
import { Commits, History } from '../../../conformance/groups/history.ts'

const told = (history: History, member: string, atUs: number, what: '+' | '-', partition = 't-0') =>
  history.add({ member, atUs, what, partition, value: '' })

t.test('a partition that is handed over has one owner at a time', async t => {
  const history = new History()
  told(history, 'a', 1, '+')
  // Lines of two processes come in any order.
  told(history, 'b', 3, '+')
  told(history, 'a', 3, '-')
  t.same(history.faults(), [])
  t.same([...history.owned('a')], [])
  t.same([...history.owned('b')], ['t-0'])
})

t.test('two owners at once are found, and so is one who was given what the other gave up too late', async t => {
  const history = new History()
  told(history, 'a', 1, '+')
  told(history, 'b', 2, '+')
  told(history, 'a', 3, '-')
  t.same(history.faults(), ['b was given t-0, which a had'])
})

t.test('who has ended owns nothing any more', async t => {
  const history = new History()
  told(history, 'a', 1, '+')
  history.gone('a')
  told(history, 'b', (performance.timeOrigin + performance.now()) * 1000 + 1, '+')
  t.same(history.faults(), [])
})

t.test('a commit that goes back is found', async t => {
  const commits = new Commits()
  commits.look(new Map([['t-0', 5]]))
  commits.look(new Map([['t-0', 7]]))
  t.same(commits.faults, [])
  commits.look(new Map([['t-0', 6]]))
  t.same(commits.faults, ['t-0 was committed at 7, and then at 6'])
  t.equal(commits.sum, 7)
})
