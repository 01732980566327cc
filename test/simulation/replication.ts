/** Replication of a partition as a simulation for the command line. */
import { runReplicationHistory } from './replication/history.ts'
import { replicationSabotages } from './replication/sabotage.ts'
import type { Simulation } from './simulation.ts'

export const simulation: Simulation = {
  about:
    'three brokers that replicate a partition: elections, several leaders at a time, lost answers, processes that die',
  fullSeeds: 2_000,
  sabotages: Object.keys(replicationSabotages),
  run: runReplicationHistory,
}
