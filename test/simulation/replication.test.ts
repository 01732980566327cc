/** Some histories of a replicated partition; `npm run simulate -- replication` runs as many as there is time for. */
import t from 'tap'
import { runReplicationHistory } from './replication/history.ts'
import { replicationSabotages } from './replication/sabotage.ts'

t.test('what is acknowledged stays, whoever leads, dies, or hears of it late', async t => {
  const sums = { acknowledged: 0, elections: 0, cuts: 0 }
  for (let seed = 1; seed <= 20; seed++) {
    const run = await runReplicationHistory(seed)
    for (const key of ['acknowledged', 'elections', 'cuts'] as const) sums[key] += run[key]
  }
  t.ok(sums.acknowledged > 50 && sums.elections > 50 && sums.cuts > 10, JSON.stringify(sums))
})

t.test('a seed repeats itself, step by step', async t => {
  const told: string[][] = [[], []]
  for (const lines of told) await runReplicationHistory(7, { trace: line => lines.push(line) })
  t.ok(told[0]!.length > 20)
  t.same(told[0], told[1])
})

for (const sabotage of Object.keys(replicationSabotages)) {
  t.test(`a partition made to ${sabotage} is found out`, async t => {
    for (let seed = 1; seed <= 60; seed++) {
      try {
        await runReplicationHistory(seed, { sabotage })
      } catch (error) {
        t.equal((error as Error).name, 'Violation')
        t.comment(`by seed ${seed}: ${(error as Error).message}`)
        return
      }
    }
    t.fail('not by 60 seeds')
  })
}
