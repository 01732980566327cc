/** Has the in-sync replicas written that leaders on this broker want. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { ClusterImage } from '../cluster/image.ts'
import { type IsrChange, type IsrPlan, planIsr } from '../cluster/isr.ts'
import type { StoredChange } from '../cluster/stored.ts'

/** What is certain of a change; nothing is of one whose writing fails. */
export type IsrOutcome = 'written' | 'refused'

/** Changes planned for an image: they are made if neither their keys nor others that they rest on were written meanwhile. */
export type Planning<T> = (image: ClusterImage) => {
  readonly changes: readonly StoredChange[]
  readonly restsOn?: readonly string[]
  readonly result: T
}

/** Changes of one transaction: each rests on a few keys more, and stores bound how many that may be. */
const changesMax = 40

/**
 * One outcome for each change; together where they can be, singly where that is refused. Rejects where nobody knows what became of them: each
 * may be written, then or later. Asked for again, whatever is refused then is so for ever, as what it rested on has changed.
 */
export async function changeIsr(
  cluster: { changeBy<T>(plan: Planning<T>): Promise<T> },
  nodeId: number,
  changes: readonly IsrChange[],
): Promise<IsrOutcome[]> {
  const outcomes: IsrOutcome[] = []
  for (let at = 0; at < changes.length; at += changesMax) {
    const some = changes.slice(at, at + changesMax)
    const together = await write(cluster, nodeId, some)
    if (together !== null) outcomes.push(...together)
    else for (const one of some) outcomes.push((await write(cluster, nodeId, [one]))?.[0] ?? 'refused')
  }
  return outcomes
}

/** Null where nothing was written, as something was changed meanwhile. */
async function write(
  cluster: { changeBy<T>(plan: Planning<T>): Promise<T> },
  nodeId: number,
  changes: readonly IsrChange[],
): Promise<IsrOutcome[] | null> {
  try {
    return await cluster.changeBy(image => {
      const plans = changes.map(change => planIsr(image, nodeId, change))
      const good = plans.filter((plan): plan is IsrPlan => plan !== null)
      return {
        changes: good.map(({ change }) => change),
        restsOn: [...new Set(good.flatMap(({ restsOn }) => restsOn))],
        result: plans.map(plan => (plan === null ? 'refused' : 'written')),
      }
    })
  } catch (error) {
    if (error instanceof KafkaError && error.code === codes.NOT_CONTROLLER) return null
    throw error
  }
}
