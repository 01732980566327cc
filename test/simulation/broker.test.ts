/** Some histories of a whole broker; `npm run simulate -- broker` runs as many as there is time for. */
import t from 'tap'
import { runBrokerHistory } from './broker/history.ts'
import { brokerSabotages } from './broker/sabotage.ts'

t.test('what clients were promised survives delays, cuts, kills at any step and lost power', async t => {
  for (let seed = 1; seed <= 10; seed++) {
    const { acknowledgements, reads } = await runBrokerHistory(seed)
    t.ok(acknowledgements > 0 && reads > 0, `seed ${seed}`)
  }
})

t.test('a seed repeats itself, step by step', async t => {
  const told: string[][] = [[], []]
  for (const lines of told) await runBrokerHistory(7, { trace: line => lines.push(line) })
  t.ok(told[0]!.length > 20)
  t.same(told[0], told[1])
})

for (const sabotage of Object.keys(brokerSabotages)) {
  t.test(`a broker made to ${sabotage} is found out`, async t => {
    for (let seed = 1; seed <= 20; seed++) {
      try {
        await runBrokerHistory(seed, { sabotage })
      } catch (error) {
        t.equal((error as Error).name, 'Violation')
        return
      }
    }
    t.fail('not by 20 seeds')
  })
}
