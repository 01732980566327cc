/** A process or a machine that dies at any step of a cleaning: the log is as before or as after, and can be cleaned again. */
import t from 'tap'
import { seededRandom } from '../../../lib/base/random.ts'
import { Died, SimulatedFiles } from '../simulated-files.ts'
import { CompactionModel } from './model.ts'

/** Dies before a given change of a file or name. */
class MortalFiles extends SimulatedFiles {
  stepsLeft = Number.POSITIVE_INFINITY

  #step(): void {
    if (this.stepsLeft <= 0) throw new Died()
    this.stepsLeft--
  }

  override rename(from: string, to: string): void {
    this.#step()
    super.rename(from, to)
  }

  override unlink(path: string): void {
    if (this.exists(path)) this.#step()
    super.unlink(path)
  }

  override put(...change: Parameters<SimulatedFiles['put']>): void {
    this.#step()
    super.put(...change)
  }

  override sync(inode: Parameters<SimulatedFiles['sync']>[0]): void {
    this.#step()
    super.sync(inode)
  }

  override syncDirectoryNow(path: string): void {
    this.#step()
    super.syncDirectoryNow(path)
  }
}

interface Prepared {
  readonly model: CompactionModel
  readonly base: MortalFiles
  /** Where the first cleaning ended. */
  readonly cleaned: number
}

/** A log with a cleaning behind it, all of it on the disk. */
async function prepared(seed: number): Promise<Prepared> {
  const files = new MortalFiles()
  const model = new CompactionModel(seed, files)
  model.limits.keyBytesMax = 100_000
  for (let step = 0; step < 90; step++) model.step()
  await model.clean()
  model.fixture.now += 2_000
  for (let step = 0; step < 90; step++) model.step()
  // Neighbours that hold something become one.
  model.fixture.configure({ segmentBytes: 4_000 })
  await model.log.flush()
  files.syncDirectoryNow('/data')
  files.syncDirectoryNow('/')
  return { model, base: files, cleaned: model.log.cleanedOffset }
}

/** Cleans until it dies, and dies perhaps once more while that is put right. False where it lived to the end. */
async function dies({ model, base, cleaned }: Prepared, step: number, power: boolean): Promise<boolean> {
  const random = seededRandom(step)
  const files = base.killed()
  model.moveTo(files, cleaned)
  const next = () => random.next()
  const end = model.log.logEndOffset
  files.stepsLeft = step
  let died = false
  try {
    await model.clean()
  } catch {
    died = true
  }
  let left = power ? files.lostPower(next) : files.killed()
  left.stepsLeft = random.int(20)
  try {
    model.moveTo(left, cleaned)
  } catch (error) {
    if (!(error instanceof Died)) throw error
    left = power ? left.lostPower(next) : left.killed()
    model.moveTo(left, cleaned)
  }
  left.stepsLeft = Number.POSITIVE_INFINITY
  if (model.log.logEndOffset !== end) throw new Error(`the end is ${model.log.logEndOffset}, not ${end}`)
  model.verify()
  await model.clean()
  model.verify()
  const stray = left.list(model.fixture.dir).find(({ name }) => /\.(cleaned|swap)$/.test(name))
  if (stray !== undefined) throw new Error(`${stray.name} is left`)
  return died
}

/** Every step with 1; neighbouring steps seldom differ in what is left. */
const stride = Number(process.env.OTTLA_CRASH_STRIDE ?? 4)

for (const power of [false, true]) {
  t.test(`a cleaning that ends with ${power ? 'the power' : 'its process'} at any step loses nothing`, async t => {
    let deaths = 0
    for (const seed of [1, 7, 10]) {
      const log = await prepared(seed)
      for (let step = power ? 1 : 0; ; step += stride) {
        try {
          if (!(await dies(log, step, power))) break
        } catch (error) {
          t.fail(`seed ${seed}, step ${step}: ${(error as Error).stack}`)
          break
        }
        deaths++
      }
    }
    t.ok(deaths > 50, `${deaths} deaths`)
  })
}
