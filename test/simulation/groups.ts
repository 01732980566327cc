/** Lives of a group as a simulation for the command line. */
import { runLife } from '../groups/life.ts'
import { groupSabotages } from '../groups/sabotage.ts'
import type { Simulation } from './simulation.ts'

export const simulation: Simulation = {
  about: 'a group: members that come, go, fall silent and come back, restarts, records that cannot be written',
  fullSeeds: 20_000,
  sabotages: Object.keys(groupSabotages),
  run: async (seed, options) => runLife(seed, options),
}
