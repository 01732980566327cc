/** A whole cluster as a simulation for the command line. */
import { runClusterHistory } from './cluster/history.ts'
import { clusterSabotages } from './cluster/sabotage.ts'
import type { Simulation } from './simulation.ts'

export const simulation: Simulation = {
  about:
    'three to five whole brokers with producers and readers: elections, kills at any step, lost power, cuts, leases that lie, a store that loses answers, topics made while a broker is away, copies held to a rate',
  fullSeeds: 2_000,
  sabotages: Object.keys(clusterSabotages),
  run: runClusterHistory,
}
