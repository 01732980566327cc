/** What handlers ask of a client's quotas before they answer. */
import type { ControllerMutations, FetchedBytes } from '../server/interceptor.ts'
import type { Context } from './context.ts'

/** About what an answer to Fetch, and one partition in it, take beside records. */
const [answerBytes, partitionBytes] = [40, 60]
/** One object for all, as it is asked at once: Fetch allocates nothing for it. */
const fetchedBytes: FetchedBytes & { count: number } = { about: 'fetchedBytes', count: 0 }

/** Whether a fetch is to be answered with nothing: its client has had enough for now. */
export function isTooMuchToFetch({ exchange }: Context, found: readonly { readonly bytes: number }[]): boolean {
  fetchedBytes.count = answerBytes
  for (const { bytes } of found) fetchedBytes.count += bytes + partitionBytes
  return exchange.ask(fetchedBytes) === true
}

/** Whether so many partitions are too many to be made or deleted now. Clients below a version do not know that refusal. */
export function tooManyToChange({ exchange, apiVersion }: Context, strictSince: number): (count: number) => boolean {
  const isStrict = apiVersion >= strictSince
  return count => {
    const question: ControllerMutations = { about: 'controllerMutations', count, isStrict }
    return exchange.ask(question) === true
  }
}
