/** Elections that an administrator asks for, carried out as far as they are possible. */
import { keysBehind, partitionStateChanges } from '../cluster/changes.ts'
import type { BrokerConfig } from '../config/config.ts'
import { type ElectionPlan, type PartitionToElect, planElections } from '../controller/elect.ts'
import type { Planning } from './change-isr.ts'
import { controllerRules } from './controller-rules.ts'

export type { ElectionPlan, PartitionToElect }

/** Partitions in one transaction: each rests on its topic and its old leader, too, and stores bound how many that may be. */
const electionsMax = 40

/** What was found for each partition; those that could be are elected. Throws KafkaError where somebody else was quicker. */
export async function planAndElect(
  cluster: { changeBy<T>(plan: Planning<T>): Promise<T> },
  config: BrokerConfig,
  named: readonly PartitionToElect[],
  election: 'preferred' | 'unclean',
): Promise<ElectionPlan[]> {
  const rules = controllerRules(config)
  const plans: ElectionPlan[] = []
  for (let at = 0; at < named.length; at += electionsMax) {
    const some = named.slice(at, at + electionsMax)
    plans.push(
      ...(await cluster.changeBy(image => {
        const result = planElections(image, some, election, rules)
        // One that is named twice is elected once.
        const made = [
          ...new Map(
            result.flatMap(({ change }) =>
              change === null ? [] : [[`${change.topic.topicId}/${change.index}`, change] as const],
            ),
          ).values(),
        ]
        return {
          changes: partitionStateChanges(made, image.starts),
          restsOn: made.flatMap(keysBehind),
          result,
        }
      })),
    )
  }
  return plans
}
