/** The storage simulation, in short: `npm run simulate` runs thousands of seeds. */
import t from 'tap'
import { runHistory } from './storage-history.ts'
import { sabotages } from './storage-sabotage.ts'

/** The seeds of the first test: `.ci/run` runs thousands of others. */
const seeds = 100

/** Those that may pass at most before a fault is found. */
const seedsToFault = 300

t.test('nothing is lost, comes back or changes in any history', async t => {
  let passed = 0
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      await runHistory(seed)
      passed++
    } catch (error) {
      t.fail(`seed ${seed}: ${(error as Error).message}; npm run simulate -- storage --seed ${seed} tells each step`)
    }
  }
  t.equal(passed, seeds)
})

t.test('a seed gives the same history again', async t => {
  const steps = async (seed: number) => {
    const lines: string[] = []
    await runHistory(seed, { trace: line => lines.push(line) })
    return lines
  }
  for (const seed of [1, 2, 3]) {
    const lines = await steps(seed)
    t.ok(lines.length > 0)
    t.same(await steps(seed), lines)
  }
})

for (const [name, sabotage] of Object.entries(sabotages)) {
  t.test(`a fault is found: ${name}`, async t => {
    let failure: Error | null = null
    let seed = 0
    while (failure === null && seed < seedsToFault) {
      await runHistory(++seed, { sabotage }).catch(error => {
        failure = error
      })
    }
    t.ok(failure, `within ${seedsToFault} seeds`)
    t.comment(`seed ${seed}: ${(failure as Error | null)?.message}`)
  })
}
