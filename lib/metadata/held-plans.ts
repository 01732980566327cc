/** Plans of which a quota of its client leaves some for later. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { Plan } from '../cluster/topics.ts'

/** How topics are changed. */
export interface TopicChangeOptions {
  readonly validateOnly?: boolean
  /** Asked for each topic in turn: whether so many partitions are too many to be made or deleted now. */
  readonly isTooMuch?: (partitions: number) => boolean
}

/** Nothing is too much. */
export function never(): boolean {
  return false
}

/** The plans in their order, with THROTTLING_QUOTA_EXCEEDED in the place of those that are too much. */
export function held<T>(
  plans: readonly Plan<T>[],
  partitionsOf: (plan: T) => number,
  isTooMuch: (partitions: number) => boolean,
): Plan<T>[] {
  return plans.map(each => {
    if (each.error !== null || !isTooMuch(partitionsOf(each.plan))) return each
    const error = new KafkaError(codes.THROTTLING_QUOTA_EXCEEDED, 'the quota of changes to topics is used up for now')
    return { name: each.name, plan: null, error }
  })
}
