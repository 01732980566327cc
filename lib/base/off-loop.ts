/**
 * Work of this process that is done beside its event loop: modules read from the disk, keys derived and records packed by other threads. It takes
 * the machine's time whatever a clock shows, so who turns one by hand waits for it first: else a slow disk looks like minutes to a deadline.
 */
const underWay = new Set<Promise<unknown>>()

/** Counts such work until it is done; gives it back. */
export function offLoop<T>(work: Promise<T>): Promise<T> {
  const done = () => void underWay.delete(work)
  underWay.add(work)
  work.then(done, done)
  return work
}

/** Resolves when what is under way now is done; null where nothing is. */
export function offLoopDone(): Promise<unknown> | null {
  return underWay.size === 0 ? null : Promise.allSettled(underWay)
}
