/** A simulation whose seeds go wrong in the ways that the division of seeds must cope with. */
import type { Simulation } from './simulation.ts'

export const simulation: Simulation = {
  about: 'seeds that go wrong',
  fullSeeds: 8,
  sabotages: ['fail'],
  async run(seed, { sabotage }) {
    if (seed === 3 || sabotage !== undefined) throw new Error('it is not as it must be')
    if (seed === 5) process.exit(0)
    if (seed === 6) await new Promise(resolve => process.once('message', resolve))
  },
}
