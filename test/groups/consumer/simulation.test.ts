/** Random lives of a consumer group, in short: `npm run simulate -- consumer-groups` runs thousands of seeds. */
import t from 'tap'
import { runConsumerLife } from './life.ts'
import { consumerGroupSabotages } from './sabotage.ts'

const lives = 20
const steps = 250

t.test(
  'whatever happens, a partition has one owner, what is on record is what there is, and groups settle',
  async t => {
    for (let seed = 1; seed <= lives; seed++) {
      try {
        await runConsumerLife(seed, { steps })
      } catch (error) {
        t.fail(
          `seed ${seed}: ${(error as Error).message}; npm run simulate -- consumer-groups --seed ${seed} tells more`,
        )
      }
    }
    t.pass(`${lives} lives`)
  },
)

t.test('a seed gives the same life again, whatever lives were before it in the process', async t => {
  const told: string[][] = [[], []]
  for (const lines of told) await runConsumerLife(1, { steps, trace: line => lines.push(line) })
  t.ok(told[0]!.length > 20)
  t.same(told[0], told[1])
})

for (const sabotage of Object.keys(consumerGroupSabotages)) {
  t.test(`a fault is found: ${sabotage}`, async t => {
    const found = async () => {
      for (let seed = 1; seed <= lives; seed++) await runConsumerLife(seed, { sabotage, steps })
    }
    await t.rejects(found())
  })
}
