/** Handlers' answers as tests wait for them. */
import { Deferred } from '../../lib/base/deferred.ts'

/** What was given at once as it is, and what is to come as a promise of it. */
export function promised<T>(answer: T | Deferred<T>): T | Promise<T> {
  if (!(answer instanceof Deferred)) return answer
  return new Promise((resolve, reject) => answer.whenSettled({ resolved: resolve, rejected: reject }))
}
