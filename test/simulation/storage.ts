/** The storage simulation at the command line; `--help` says how. A run of many seeds is divided among processes. */
import { type ChildProcess, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runHistory } from './storage-history.ts'
import { sabotages } from './storage-sabotage.ts'

const names = Object.keys(sabotages)

const help = `Runs histories of a data directory out of seeds: appends, transactions, rolls, retention, compaction, cuts, crashes, power
failures and disks that fail, and looks after each whether anything is lost or otherwise than it must be.

  npm run simulate -- [options]

  --seeds FROM-TO     which (1-10000)
  --seed N            one alone, with every step of it told
  --jobs N            processes to divide them among (the number of cores)
  --sabotage NAME     put a fault into the storage on purpose, to see it found:
${names.map(name => `                        ${name}`).join('\n')}
  --help              this

It ends with code 0 where all is well, 1 where a seed failed, and 2 where an option is wrong.`

/** Seeds that a process is given at once. */
const seedsInShare = 100

/** Failures after which the rest would tell nothing new. */
const failuresMax = 10

/** Milliseconds between two lines that say how far it is. */
const progressMs = 10_000

/** Seeds from the first to the last. */
interface Share {
  readonly first: number
  readonly last: number
}

interface Failure {
  readonly seed: number
  readonly message: string
}

if (process.send) workForParent()
else process.exitCode = await main()

async function main(): Promise<number> {
  const values = options()
  if (values === null) return 2
  if (values.help) {
    console.log(help)
    return 0
  }
  const { seed, sabotage } = values
  if (seed === undefined) return runAll(rangeOf(values.seeds)!, Number(values.jobs), sabotage)
  try {
    await runHistory(Number(seed), { sabotage: sabotageOf(sabotage), trace: line => console.log(line) })
    console.log(`seed ${seed}: nothing is wrong`)
    return 0
  } catch (error) {
    console.log(`seed ${seed}: ${(error as Error).stack}`)
    return 1
  }
}

/** What the command line says; null, and a line about it, where that is wrong. */
function options() {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string' },
        seeds: { type: 'string', default: '1-10000' },
        jobs: { type: 'string', default: `${availableParallelism()}` },
        sabotage: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
    const { seed = '0', seeds, jobs, sabotage } = values
    if (!/^\d+$/.test(seed)) throw new Error(`--seed takes a number, not ${seed}`)
    if (rangeOf(seeds) === null) throw new Error(`--seeds takes FROM-TO, not ${seeds}`)
    if (!/^[1-9]\d*$/.test(jobs)) throw new Error(`--jobs takes a number, not ${jobs}`)
    if (sabotage !== undefined && !names.includes(sabotage)) {
      throw new Error(`there is no sabotage ${sabotage}; choose one of: ${names.join(', ')}`)
    }
    return values
  } catch (error) {
    console.error(`${(error as Error).message}; --help lists all options`)
    return null
  }
}

function rangeOf(text: string): Share | null {
  const match = /^(\d+)-(\d+)$/.exec(text)
  return match && { first: Number(match[1]), last: Number(match[2]) }
}

function sabotageOf(name: string | undefined) {
  return name === undefined ? undefined : sabotages[name]
}

/** Divides the seeds; its last line says how many passed and failed. */
async function runAll({ first, last }: Share, jobs: number, sabotage: string | undefined): Promise<number> {
  const begun = performance.now()
  const all = Math.max(0, last - first + 1)
  let next = first
  let passed = 0
  let failed = 0
  const take = (): Share | null => {
    if (next > last || failed >= failuresMax) return null
    const share = { first: next, last: Math.min(next + seedsInShare - 1, last) }
    next = share.last + 1
    return share
  }
  const told = (share: Share, failures: readonly Failure[]) => {
    passed += share.last - share.first + 1 - failures.length
    failed += failures.length
    const also = sabotage === undefined ? '' : ` --sabotage '${sabotage}'`
    for (const { seed, message } of failures) {
      console.log(`seed ${seed}: ${message}\n  each step of it: npm run simulate -- --seed ${seed}${also}`)
    }
  }
  const timer = setInterval(() => console.log(`${passed + failed} of ${all} seeds, ${failed} failed`), progressMs)
  try {
    const processes = Math.min(jobs, Math.ceil(all / seedsInShare))
    await Promise.all(Array.from({ length: processes }, () => work(sabotage, take, told)))
  } finally {
    clearInterval(timer)
  }
  const seconds = (performance.now() - begun) / 1000
  console.log(`${passed + failed} of ${all} seeds in ${seconds.toFixed(1)} s`)
  console.log(`${passed} passed, ${failed} failed, 0 skipped`)
  return failed === 0 && passed === all ? 0 : 1
}

/** Lets one process work as long as there are shares; rejects where it dies. */
function work(
  sabotage: string | undefined,
  take: () => Share | null,
  told: (share: Share, failures: readonly Failure[]) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = fork(fileURLToPath(import.meta.url), sabotage === undefined ? [] : [sabotage])
    let share: Share | null = null
    const give = () => {
      share = take()
      if (share !== null) child.send(share)
      else child.disconnect()
    }
    child.on('message', failures => {
      told(share!, failures as Failure[])
      give()
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (share === null) resolve()
      else reject(new Error(`a process ended with ${signal ?? code} between seeds ${share.first} and ${share.last}`))
    })
    give()
  })
}

/** The other side of `work`: runs what it is given until there is no more. */
function workForParent(): void {
  const sabotage = sabotageOf(process.argv[2])
  process.on('message', async ({ first, last }: Share) => {
    const failures: Failure[] = []
    for (let seed = first; seed <= last; seed++) {
      try {
        await runHistory(seed, { sabotage })
      } catch (error) {
        const where = (error as Error).stack?.split('\n').find(line => line.includes('/storage/')) ?? ''
        failures.push({ seed, message: `${(error as Error).message}${where}` })
      }
    }
    process.send!(failures)
  })
}
