/** What the command line of the simulations asks for. */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { type Simulation, simulationAt, simulations } from './simulation.ts'

/** Seeds that are run, from the first to the last at most. */
export interface Command {
  readonly name: string
  readonly simulation: Simulation
  readonly sabotage: string | undefined
  /** One alone, told step by step. */
  readonly seed: number | null
  readonly first: number
  readonly last: number
  readonly secondsMax: number
  readonly processes: number
}

/** Seeds are numbers of 32 bits. */
const seedMax = 2 ** 32 - 1

/** So many are left above a seed drawn by chance: more than a run by the clock gets through. */
const seedsAhead = 2 ** 24

export const names = Object.keys(simulations)

/** Reads it; a string says what to print instead, and throws where an option is wrong. `chance` is from 0 up to 1. */
export async function commandOf(args: readonly string[], chance: number): Promise<Command | string> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      seconds: { type: 'string' },
      jobs: { type: 'string' },
      sabotage: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return help()
  if (values.list) return names.join('\n')
  const [name = names[0]!, more] = positionals
  if (more !== undefined) throw new Error(`one simulation at a time, not ${more} as well`)
  if (!Object.hasOwn(simulations, name)) {
    throw new Error(`there is no simulation ${name}; choose one of: ${names.join(', ')}`)
  }
  const simulation = await simulationAt(simulations[name]!)
  const { seed, seeds, seconds, jobs, sabotage } = values
  if ([seed, seeds, seconds].filter(each => each !== undefined).length > 1) {
    throw new Error('--seed, --seeds and --seconds exclude each other')
  }
  if (sabotage !== undefined && !simulation.sabotages.includes(sabotage)) {
    throw new Error(`there is no sabotage ${sabotage}; choose one of: ${simulation.sabotages.join(', ')}`)
  }
  const processes = jobs === undefined ? availableParallelism() : positive('--jobs', jobs)
  const shared = { name, simulation, sabotage, seed: null, secondsMax: Number.POSITIVE_INFINITY, processes }
  if (seed !== undefined) {
    const [one] = range('--seed takes a number', `${seed}-${seed}`)
    return { ...shared, seed: one, first: one, last: one }
  }
  if (seconds !== undefined) {
    const first = Math.floor(chance * (seedMax - seedsAhead))
    return { ...shared, first, last: seedMax, secondsMax: positive('--seconds', seconds) }
  }
  const [first, last] = seeds === undefined ? [1, simulation.fullSeeds] : range('--seeds takes FROM-TO', seeds)
  return { ...shared, first, last }
}

function range(takes: string, text: string): readonly [number, number] {
  const [, first, last] = (/^(\d+)-(\d+)$/.exec(text) ?? []).map(Number)
  if (first === undefined || last === undefined || first > last || last > seedMax) {
    throw new Error(`${takes} up to ${seedMax}, not ${text}`)
  }
  return [first, last]
}

function positive(option: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${option} takes a number from 1 on, not ${text}`)
  return Number(text)
}

/** The command that tells every step of one seed. */
export function replayOf({ name, sabotage }: Command, seed: number): string {
  const also = sabotage === undefined ? '' : ` --sabotage '${sabotage}'`
  return `npm run simulate -- ${name} --seed ${seed}${also}`
}

async function help(): Promise<string> {
  const lines: string[] = []
  for (const name of names) {
    const { about, fullSeeds, sabotages } = await simulationAt(simulations[name]!)
    lines.push(`  ${name.padEnd(20)}${about}`, `${''.padEnd(22)}in full ${fullSeeds} seeds; sabotages:`)
    for (const sabotage of sabotages) lines.push(`${''.padEnd(24)}${sabotage}`)
  }
  return `Runs histories out of seeds, and looks in each whether anything is lost or otherwise than it must be.

  npm run simulate -- [NAME] [options]

${lines.join('\n')}

  --seeds FROM-TO     these seeds; without any option, from 1 as many as are full
  --seconds N         seeds from one drawn by chance on, which is printed, as many as can be begun within N seconds
  --seed N            one alone, with every step of it told
  --jobs N            processes to divide them among (the number of cores)
  --sabotage NAME     put a fault in on purpose, to see it found
  --list              the names alone
  --help              this

It ends with code 0 where all is well, 1 where a seed failed, and 2 where an option is wrong.`
}
