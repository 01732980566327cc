/** The simulations at the command line; `--help` says how. */
import { systemRandom } from '../../lib/base/random.ts'
import { type Command, commandOf, replayOf } from './command-line.ts'
import { divide } from './divide.ts'
import { simulations } from './simulation.ts'

/** A seed that takes longer hangs: the slowest take about a second. */
const seedSecondsMax = 120

process.exitCode = await main()

async function main(): Promise<number> {
  let command: Command | string
  try {
    command = await commandOf(process.argv.slice(2), systemRandom.next())
  } catch (error) {
    console.error(`${(error as Error).message}; --help lists all options`)
    return 2
  }
  if (typeof command !== 'string') return command.seed === null ? runAll(command) : runOne(command, command.seed)
  console.log(command)
  return 0
}

async function runOne({ simulation, sabotage }: Command, seed: number): Promise<number> {
  try {
    await simulation.run(seed, { sabotage, trace: line => console.log(line) })
    console.log(`seed ${seed}: nothing is wrong`)
    return 0
  } catch (error) {
    console.log(`seed ${seed}: ${(error as Error).stack}`)
    return 1
  }
}

/** Its last line says how many seeds passed and failed. */
async function runAll(command: Command): Promise<number> {
  const { name, sabotage, first, last, secondsMax, processes } = command
  const begun = performance.now()
  if (Number.isFinite(secondsMax)) console.log(`${name}: seeds from ${first} on, for ${secondsMax} s`)
  const sums = await divide({
    module: simulations[name]!,
    sabotage,
    first,
    last,
    secondsMax,
    processes,
    seedSecondsMax,
    replay: seed => replayOf(command, seed),
    print: line => console.log(line),
  })
  const seconds = (performance.now() - begun) / 1000
  console.log(`${name}: seeds ${first} to ${sums.last} in ${seconds.toFixed(1)} s`)
  console.log(`${sums.passed} passed, ${sums.failed} failed, 0 skipped`)
  return sums.failed === 0 && sums.passed > 0 ? 0 : 1
}
