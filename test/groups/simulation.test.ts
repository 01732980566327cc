/** Random lives of a group, in short: `npm run simulate -- groups` runs thousands of seeds. */
import t from 'tap'
import { runLife } from './life.ts'
import { groupSabotages } from './sabotage.ts'

const lives = 300

t.test(
  'whatever happens, each request is answered once, a generation has one leader, and what is settled is on record',
  async t => {
    for (let seed = 1; seed <= lives; seed++) {
      try {
        runLife(seed)
      } catch (error) {
        t.fail(`seed ${seed}: ${(error as Error).message}; npm run simulate -- groups --seed ${seed} tells each step`)
      }
    }
    t.pass(`${lives} lives`)
  },
)

t.test('a seed gives the same life again', async t => {
  const steps = (seed: number) => {
    const lines: string[] = []
    runLife(seed, { trace: line => lines.push(line) })
    return lines
  }
  t.ok(steps(1).length > 0)
  t.same(steps(1), steps(1))
})

for (const sabotage of Object.keys(groupSabotages)) {
  t.test(`a fault is found: ${sabotage}`, async t => {
    t.throws(() => {
      for (let seed = 1; seed <= lives; seed++) runLife(seed, { sabotage })
    })
  })
}
