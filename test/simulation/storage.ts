/** The storage as a simulation for the command line. */
import type { Simulation } from './simulation.ts'
import { runHistory } from './storage-history.ts'
import { sabotages } from './storage-sabotage.ts'

export const simulation: Simulation = {
  about:
    'a data directory: appends, transactions, rolls, retention, compaction, cuts, crashes, lost power, failing disks',
  fullSeeds: 10_000,
  sabotages: Object.keys(sabotages),
  run: (seed, { sabotage, trace }) =>
    runHistory(seed, { sabotage: sabotage === undefined ? undefined : sabotages[sabotage], trace }),
}
