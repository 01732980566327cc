/** Transactions in a whole broker as a simulation for the command line. */
import type { Simulation } from './simulation.ts'
import { runTransactions } from './transactions/history.ts'
import { transactionSabotages } from './transactions/sabotage.ts'

export const simulation: Simulation = {
  about:
    'transactions: producers that replace one another and wake, copiers, late markers, kills at any step, a turned clock',
  fullSeeds: 5_000,
  sabotages: Object.keys(transactionSabotages),
  run: runTransactions,
}
