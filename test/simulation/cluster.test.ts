/** Some histories of a whole cluster; `npm run simulate -- cluster` runs as many as there is time for. */
import t from 'tap'
import { runClusterHistory } from './cluster/history.ts'
import { clusterSabotages } from './cluster/sabotage.ts'

t.setTimeout(300_000)

t.test(
  'what all in-sync replicas acknowledged survives kills, lost power, cuts, leases that lie and a store that is late',
  async t => {
    for (const seed of [3, 32]) {
      const { acknowledgements, reads, elections } = await runClusterHistory(seed)
      t.ok(acknowledgements > 0 && reads > 0 && elections > 0, `seed ${seed}`)
    }
  },
)

t.test('who was eligible leads without who led last, where all in-sync replicas have gone', async t => {
  const { eligibleElections } = await runClusterHistory(2)
  t.ok(eligibleElections > 0)
})

t.test('a seed repeats itself, step by step', async t => {
  const told: string[][] = [[], []]
  for (const lines of told) await runClusterHistory(6, { trace: line => lines.push(line) })
  t.ok(told[0]!.length > 20)
  t.same(told[0], told[1])
})

/** Seeds before these do not find them, or only after long, which takes its time. */
const firstSeeds: Readonly<Record<string, number>> = {
  'commit while too few are in sync': 6,
  'keep what the leader does not have': 6,
}

for (const sabotage of Object.keys(clusterSabotages)) {
  t.test(`a cluster whose brokers ${sabotage} is found out`, async t => {
    for (let seed = firstSeeds[sabotage] ?? 1; seed <= 20; seed++) {
      try {
        await runClusterHistory(seed, { sabotage })
      } catch (error) {
        t.equal((error as Error).name, 'Violation', `seed ${seed}: ${(error as Error).message}`)
        return
      }
    }
    t.fail('not by 20 seeds')
  })
}
