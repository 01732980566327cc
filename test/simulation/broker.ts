/** A whole broker as a simulation for the command line. */
import { runBrokerHistory } from './broker/history.ts'
import { brokerSabotages } from './broker/sabotage.ts'
import type { Simulation } from './simulation.ts'

export const simulation: Simulation = {
  about: 'a whole broker with its clients: delays, cuts, stops, kills at any step of its disk, lost power',
  fullSeeds: 2_000,
  sabotages: Object.keys(brokerSabotages),
  run: runBrokerHistory,
}
