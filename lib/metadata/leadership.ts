/** One of several candidates leads: built on the store's transactions and sessions, so that every engine has it. */
import {
  type Condition,
  HistoryGone,
  type MetadataStore,
  type Session,
  SessionEnded,
  type WatchEvent,
} from './store.ts'

/** Being the one, until the session ends or it is given up. */
export interface Leadership {
  /** Grows by one with each leader of the same name, also through restarts. */
  readonly epoch: number
  /** Holds as long as the leadership does: among the conditions of a leader's transactions, it fences off a former leader. */
  readonly condition: Condition
  resign(): Promise<void>
}

/** The key under which the leader of a name is found. */
export function leaderKey(name: string): string {
  return `leaders/${name}`
}

function epochKey(name: string): string {
  return `leader-epochs/${name}`
}

/** What a candidate has asked for of which nobody knows the outcome: it may lead by that. One for each session. */
export interface Candidacy {
  epoch: number | null
}

/**
 * Resolves once nobody else leads under this name. `value` says who does, under the key `leaders/<name>`.
 * Rejects with SessionEnded where the session ends before that.
 */
export async function campaign(
  store: MetadataStore,
  name: string,
  value: string,
  session: Session,
  candidacy: Candidacy = { epoch: null },
): Promise<Leadership> {
  const key = leaderKey(name)
  for (;;) {
    if (session.ended) throw new SessionEnded()
    // A listing says from when on to watch: the leader's own revision may be long forgotten.
    const [listing, last] = await Promise.all([store.list(key), store.get(epochKey(name))])
    const leader = listing.entries.find(entry => entry.key === key)
    if (leader !== undefined) {
      // An answer that was lost said so: who waits for the leader to go would wait for itself.
      const isOwn = leader.value === value && last?.revision === leader.revision
      if (isOwn && Number(last.value) === candidacy.epoch)
        return lead(store, candidacy.epoch, { key, revision: leader.revision })
      await released(store, key, listing.revision, session)
      continue
    }
    const epoch = Number(last?.value ?? 0) + 1
    candidacy.epoch = epoch
    const { applied, revision } = await store.transact({
      conditions: [
        { key, revision: 0 },
        { key: epochKey(name), revision: last?.revision ?? 0 },
      ],
      changes: [
        { key, value, session },
        { key: epochKey(name), value: String(epoch) },
      ],
    })
    if (applied) return lead(store, epoch, { key, revision })
  }
}

/** Resolves once somebody leads under this name, or did for a moment. */
export async function isLed(store: MetadataStore, name: string): Promise<void> {
  const key = leaderKey(name)
  const { entries, revision } = await store.list(key)
  if (entries.some(entry => entry.key === key)) return
  await changed(store, key, revision, change => change.value !== null)
}

/** Resolves when the key, which was there at this revision, is gone, or the session is. */
async function released(store: MetadataStore, key: string, revision: number, session: Session): Promise<void> {
  await changed(store, key, revision, ({ value }) => value === null, session)
}

/** Resolves when the key is written so after this revision, when the session ends, and where what was written may be forgotten. */
async function changed(
  store: MetadataStore,
  key: string,
  revision: number,
  isMeant: (change: WatchEvent['changes'][number]) => boolean,
  session?: Session,
): Promise<void> {
  let wake = () => {}
  const over = new Promise<void>(resolve => {
    wake = resolve
  })
  session?.onEnd(wake)
  const told = ({ changes }: WatchEvent) => {
    if (changes.some(change => change.key === key && isMeant(change))) wake()
  }
  try {
    const watch = await store.watch(key, revision, told, wake)
    await over
    watch.close()
  } catch (error) {
    // What became of the key is looked up again.
    if (!(error instanceof HistoryGone)) throw error
  }
}

function lead(store: MetadataStore, epoch: number, condition: Condition): Leadership {
  return {
    epoch,
    condition,
    async resign() {
      await store.transact({ conditions: [condition], changes: [{ key: condition.key, value: null }] })
    },
  }
}
