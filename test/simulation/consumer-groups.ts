/** Lives of a consumer group as a simulation for the command line. */
import { runConsumerLife } from '../groups/consumer/life.ts'
import { consumerGroupSabotages } from '../groups/consumer/sabotage.ts'
import type { Simulation } from './simulation.ts'

export const simulation: Simulation = {
  about: 'a consumer group: members of both protocols that come, go and fall silent, subscriptions, topics, restarts',
  fullSeeds: 2000,
  sabotages: Object.keys(consumerGroupSabotages),
  run: (seed, options) => runConsumerLife(seed, options),
}
