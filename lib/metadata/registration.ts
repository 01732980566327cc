/** A broker's place in its cluster: one run of it, as long as its session with the store lasts. */
import type { BrokerEndpoint } from '../cluster/brokers.ts'
import {
  admitBrokerChanges,
  countStartChanges,
  keepEndpointsChanges,
  registerBrokerChanges,
} from '../cluster/changes.ts'
import { levelsOfNewCluster, type SupportedLevels, supportedLevels, unsupportedIn } from '../cluster/features.ts'
import {
  brokerKey,
  clusterKey,
  featuresKey,
  readStored,
  type StoredBroker,
  type StoredStarts,
  startsKey,
  writeStored,
} from '../cluster/stored.ts'
import type { Entry, MetadataStore, Session } from './store.ts'

/** What a broker says of itself when it starts. */
export interface BrokerDescription {
  readonly rack: string | null
  /** The epoch of the run that closed all data directories well; -1 where none did. */
  readonly previousEpoch: number
  readonly features?: StoredBroker['features']
  /** Ids of its data directories. */
  readonly logDirs?: readonly string[]
}

export interface RegistrationOptions {
  readonly store: MetadataStore
  readonly nodeId: number
  readonly description: BrokerDescription
  readonly sessionMs: number
}

/** The node id is taken, by a broker with other data directories. */
export class DuplicateBroker extends Error {
  constructor(nodeId: number) {
    super(
      `a broker with node id ${nodeId} is in the cluster already: give each its own node.id, or wait until it is gone`,
    )
    this.name = 'DuplicateBroker'
  }
}

/** The cluster is at a level of a feature that this broker does not know. */
export class UnsupportedFeature extends Error {
  constructor(name: string, level: number, supported: SupportedLevels) {
    const range = supported[name]
    super(
      `the cluster is at level ${level} of ${name}, ${range === undefined ? 'which this broker does not know' : `and this broker can be at ${range.join(' to ')}`}: start a version that can, or change the level (ottla features)`,
    )
    this.name = 'UnsupportedFeature'
  }
}

/** How often a broker's own word is written again where somebody else wrote its key meanwhile. */
const attemptsMax = 10

export class Registration {
  readonly #store: MetadataStore
  readonly #nodeId: number
  readonly #sessionMs: number
  #self: StoredBroker
  #session: Session | null = null
  /** Whether it can be asked for anything; then another run begins so, too. */
  #isServing = false

  constructor({ store, nodeId, description, sessionMs }: RegistrationOptions) {
    this.#store = store
    this.#nodeId = nodeId
    this.#sessionMs = sessionMs
    this.#self = { ...description, epoch: -1, state: 'starting', endpoints: [] }
  }

  /** Which run this is; -1 before the first. */
  get epoch(): number {
    return this.#self.epoch
  }

  /** Null before the first run. */
  get session(): Session | null {
    return this.#session
  }

  /**
   * Takes this broker into the cluster as another run of it, in the place of the one before, and counts its start, by one write: from then on it
   * leads its partitions in epochs that no log and no client has seen, whatever the last end of the process left of the logs. Where
   * no other broker ever was, there is nothing that the controller would have to do first.
   */
  async begin(): Promise<Session> {
    const session = await this.#store.openSession(this.#sessionMs)
    const [broker, starts] = [brokerKey(this.#nodeId), startsKey(this.#nodeId)]
    for (;;) {
      const [all, there, levels] = await Promise.all([
        this.#store.list('starts/'),
        this.#store.get(broker),
        this.#store.get(featuresKey),
      ])
      if (there !== null && !this.#isSame(readStored<StoredBroker>(broker, there.value))) {
        await session.close()
        throw new DuplicateBroker(this.#nodeId)
      }
      const unsupported = this.#unsupported(levels)
      if (unsupported !== null) {
        await session.close()
        throw unsupported
      }
      const entry = all.entries.find(({ key }) => key === starts)
      const before = entry === undefined ? 0 : readStored<StoredStarts>(starts, entry.value).count
      const isAlone = all.entries.every(({ key }) => key === starts)
      const self: StoredBroker = {
        ...this.#self,
        epoch: before + 1,
        state: this.#isServing || isAlone ? 'running' : 'starting',
      }
      const { applied } = await this.#store.transact({
        conditions: [
          { key: broker, revision: there?.revision ?? 0 },
          { key: starts, revision: entry?.revision ?? 0 },
          { key: featuresKey, revision: levels?.revision ?? 0 },
        ],
        changes: [
          ...registerBrokerChanges(this.#nodeId, self).map(change => ({ ...change, session })),
          ...countStartChanges(this.#nodeId, self.epoch),
          ...(isAlone ? admitBrokerChanges({ id: this.#nodeId, ...self }) : []),
        ],
      })
      if (!applied) continue
      // This process has lost nothing should it have to begin anew.
      this.#self = { ...self, previousEpoch: self.epoch }
      this.#session = session
      return session
    }
  }

  #unsupported(levels: Entry | null): UnsupportedFeature | null {
    const chosen = levels === null ? {} : readStored<Record<string, number>>(featuresKey, levels.value)
    const { features: supported = supportedLevels } = this.#self
    const first = unsupportedIn(new Map(Object.entries(chosen)), supported)
    return first && new UnsupportedFeature(first.name, first.level, supported)
  }

  /** Its data directories tell a broker that starts again from one that was given its number by mistake. */
  #isSame({ epoch, logDirs = [] }: StoredBroker): boolean {
    return epoch === this.#self.epoch || logDirs.some(id => this.#self.logDirs?.includes(id))
  }

  /** It can be reached, there, and be asked for anything. */
  serve(endpoints: readonly BrokerEndpoint[]): Promise<void> {
    this.#isServing = true
    return this.#say({ endpoints, state: 'running' })
  }

  /** It is about to stop: others are to lead what it leads. */
  shutDown(): Promise<void> {
    return this.#say({ state: 'shuttingDown' })
  }

  async #say(words: Partial<Pick<StoredBroker, 'endpoints' | 'state'>>): Promise<void> {
    this.#self = { ...this.#self, ...words }
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const session = this.#session
      const key = brokerKey(this.#nodeId)
      const there = await this.#store.get(key)
      if (session === null || session.ended || there === null) return
      const stored = readStored<StoredBroker>(key, there.value)
      // What another run says is its own; and where this one begins anew, it will say so by itself.
      if (stored.epoch !== this.epoch) return
      const [change] = registerBrokerChanges(this.#nodeId, { ...this.#self, previousEpoch: stored.previousEpoch })
      const { applied } = await this.#store.transact({
        conditions: [{ key, revision: there.revision }],
        changes: [{ ...change!, session }, ...keepEndpointsChanges(this.#nodeId, this.#self.endpoints)],
      })
      if (applied) return
    }
  }

  async end(): Promise<void> {
    await this.#session?.close()
  }
}

/** The id of the store's cluster: this one, unless somebody else was quicker. */
export async function agreedClusterId(store: MetadataStore, proposed: string): Promise<string> {
  for (;;) {
    const entry = await store.get(clusterKey)
    if (entry !== null) return readStored<{ clusterId: string }>(clusterKey, entry.value).clusterId
    await beginCluster(store, proposed)
  }
}

/** The store belongs to this cluster from now on. Throws where it is another's. */
export async function checkClusterId(store: MetadataStore, clusterId: string): Promise<void> {
  const stored = await agreedClusterId(store, clusterId)
  if (stored !== clusterId) {
    throw new Error(
      `the metadata are those of cluster ${stored}, the data directory belongs to ${clusterId}: start with the directory that goes with them`,
    )
  }
}

/** A new cluster, unless there is one: at the newest levels of its features, but for those that were chosen when its directory was formatted. */
async function beginCluster(store: MetadataStore, clusterId: string): Promise<void> {
  const formatted = await store.get(featuresKey)
  const chosen = formatted === null ? {} : readStored<Record<string, number>>(featuresKey, formatted.value)
  await store.transact({
    conditions: [
      { key: clusterKey, revision: 0 },
      { key: featuresKey, revision: formatted?.revision ?? 0 },
    ],
    changes: [
      { key: clusterKey, value: writeStored({ clusterId }) },
      { key: featuresKey, value: writeStored({ ...levelsOfNewCluster, ...chosen }) },
    ],
  })
}
