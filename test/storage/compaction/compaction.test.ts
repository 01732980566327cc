/**
 * What compaction leaves of a log. `OTTLA_COMPACTION_SEEDS=FROM-TO` runs other seeds of the random histories; a failure names its own.
 */
import t from 'tap'
import { CompactionModel } from './model.ts'

const [firstSeed, lastSeed] = (process.env.OTTLA_COMPACTION_SEEDS ?? '1-150').split('-').map(Number)

async function run(seed: number): Promise<void> {
  const model = new CompactionModel(seed)
  const { fixture, random } = model
  for (let round = 0; round < 6; round++) {
    for (let step = random.int(80); step > 0; step--) model.step()
    const end = model.log.logEndOffset
    const passes = 1 + random.int(3)
    for (let pass = 0; pass < passes; pass++) {
      await model.clean()
      model.verify()
      fixture.now += random.int(3) * 500
    }
    if (model.log.logEndOffset !== end) throw new Error(`the end moved from ${end} to ${model.log.logEndOffset}`)
    const chance = random.int(3)
    if (chance === 0) continue
    const { cleanedOffset } = model.log
    if (chance === 1) await model.log.close()
    fixture.open({ cleanShutdown: chance === 1, cleanedOffset })
    if (model.log.logEndOffset !== end)
      throw new Error(`after opening the end is ${model.log.logEndOffset}, not ${end}`)
    model.verify()
    if (chance === 2) model.verifyProducers()
  }
}

t.test('of random histories the latest values, all offsets and every promise remain', async t => {
  let failed = 0
  for (let seed = firstSeed; seed <= (lastSeed ?? firstSeed) && failed < 5; seed++) {
    try {
      await run(seed)
    } catch (error) {
      failed++
      t.fail(`OTTLA_COMPACTION_SEEDS=${seed}: ${(error as Error).stack}`)
    }
  }
  t.equal(failed, 0)
})
