/** One of several candidates leads: built on the store's transactions and sessions, so that every engine has it. */
import { type Condition, type MetadataStore, type Session, SessionEnded } from './store.ts'

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

/**
 * Resolves once nobody else leads under this name. `value` says who does, under the key `leaders/<name>`.
 * Rejects with SessionEnded where the session ends before that.
 */
export async function campaign(
  store: MetadataStore,
  name: string,
  value: string,
  session: Session,
): Promise<Leadership> {
  const key = leaderKey(name)
  for (;;) {
    if (session.ended) throw new SessionEnded()
    const [leader, last] = await Promise.all([store.get(key), store.get(epochKey(name))])
    if (leader !== null) {
      await released(store, key, leader.revision, session)
      continue
    }
    const epoch = Number(last?.value ?? 0) + 1
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

/** Resolves when the key that this revision wrote is gone, or the session is. */
async function released(store: MetadataStore, key: string, revision: number, session: Session): Promise<void> {
  let wake = () => {}
  const changed = new Promise<void>(resolve => {
    wake = resolve
  })
  session.onEnd(wake)
  const watch = await store.watch(key, revision, ({ changes }) => {
    if (changes.some(change => change.key === key && change.value === null)) wake()
  })
  await changed
  watch.close()
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
