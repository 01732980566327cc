/** Some histories of transactions; `npm run simulate -- transactions` runs as many as there is time for. */
import t from 'tap'
import { runTransactions } from './transactions/history.ts'
import { transactionSabotages } from './transactions/sabotage.ts'

t.test(
  'transactions are whole, once and in order, and none hangs, whatever befalls producers, markers and the broker',
  async t => {
    const sum = { commits: 0, aborts: 0, copied: 0 }
    for (let seed = 1; seed <= 8; seed++) {
      const { commits, aborts, copied } = await runTransactions(seed)
      sum.commits += commits
      sum.aborts += aborts
      sum.copied += copied
    }
    t.ok(sum.commits > 100 && sum.aborts > 50 && sum.copied > 100, JSON.stringify(sum))
  },
)

t.test('a seed repeats itself, step by step', async t => {
  const told: string[][] = [[], []]
  for (const lines of told) await runTransactions(7, { trace: line => lines.push(line) })
  t.ok(told[0]!.length > 20)
  t.same(told[0], told[1])
})

for (const sabotage of Object.keys(transactionSabotages)) {
  t.test(`a broker made to ${sabotage} is found out`, async t => {
    for (let seed = 1; seed <= 30; seed++) {
      try {
        await runTransactions(seed, { sabotage })
      } catch (error) {
        t.equal((error as Error).name, 'Violation')
        return
      }
    }
    t.fail('not by 30 seeds')
  })
}
