/** What can be simulated: one door to all of them, for the command line and for the processes that it divides seeds among. */

/** How a seed is run. */
export interface SeedOptions {
  /** A fault put in on purpose, by name. */
  readonly sabotage?: string
  /** Told of every step. */
  readonly trace?: (line: string) => void
}

/** Something that runs from a seed. A module of a simulation exports it as `simulation`. */
export interface Simulation {
  /** What it runs, in a few words for `--help`. */
  readonly about: string
  /** How many seeds a full run takes, counted from 1. */
  readonly fullSeeds: number
  /** Names of the faults that can be put in on purpose. */
  readonly sabotages: readonly string[]
  /** Runs a seed to its end, the same way each time; rejects where something is not as it must be. */
  run(seed: number, options: SeedOptions): Promise<unknown>
}

/** Where each is, by name; the first is the one that is run where none is named. */
export const simulations: Readonly<Record<string, URL>> = {
  storage: new URL('./storage.ts', import.meta.url),
  broker: new URL('./broker.ts', import.meta.url),
  groups: new URL('./groups.ts', import.meta.url),
  'consumer-groups': new URL('./consumer-groups.ts', import.meta.url),
  transactions: new URL('./transactions.ts', import.meta.url),
  replication: new URL('./replication.ts', import.meta.url),
  cluster: new URL('./cluster.ts', import.meta.url),
}

export async function simulationAt(module: URL): Promise<Simulation> {
  const { simulation } = (await import(module.href)) as { simulation: Simulation }
  return simulation
}
