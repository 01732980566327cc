/** What happens between the end of a broker and the next leaders, as the metadata store tells of it; and how late the machine was meanwhile. */
import { systemClock } from '../../lib/base/clock.ts'
import { silentLogger } from '../../lib/base/logger.ts'
import { systemRandom } from '../../lib/base/random.ts'
import { brokerKey } from '../../lib/cluster/stored.ts'
import { parseEtcdAddress } from '../../lib/config/etcd-address.ts'
import { EtcdStore } from '../../lib/metadata/etcd.ts'
import type { WatchEvent } from '../../lib/metadata/store.ts'

/** From the end of a broker on, in ms. */
export interface Course {
  /** When its key was gone, which is when its lease was over for etcd. */
  readonly goneMs: number
  /** When the last of its partitions that another leads had that leader. */
  readonly ledMs: number
  /** By how much timers of this process were late in all: what a busy machine adds to whatever it is asked for. */
  readonly lateMs: number
}

const tickMs = 10

export class Timeline {
  readonly #store: EtcdStore
  /** Of partitions, by key. */
  readonly #leaders = new Map<string, number>()
  #broker = 0
  #beganMs = 0
  #goneMs = Number.NaN
  #ledMs = Number.NaN
  #lateMs = 0
  #dueMs = 0
  readonly #ticks: NodeJS.Timeout

  private constructor(store: EtcdStore) {
    this.#store = store
    this.#dueMs = performance.now() + tickMs
    this.#ticks = setInterval(() => {
      const nowMs = performance.now()
      this.#lateMs += Math.max(0, nowMs - this.#dueMs - tickMs)
      this.#dueMs = nowMs + tickMs
    }, tickMs)
  }

  static async follow(address: string): Promise<Timeline> {
    const parsed = parseEtcdAddress(address)
    if (typeof parsed === 'string') throw new Error(parsed)
    const store = new EtcdStore({ address: parsed, clock: systemClock, random: systemRandom, logger: silentLogger })
    const timeline = new Timeline(store)
    const { revision } = await store.list('brokers/')
    await store.watch(
      '',
      revision,
      event => timeline.#take(event),
      () => {},
    )
    return timeline
  }

  /** The end of this broker is looked at from now on. */
  begin(broker: number): void {
    this.#broker = broker
    this.#beganMs = performance.now()
    this.#goneMs = Number.NaN
    this.#ledMs = Number.NaN
    this.#lateMs = 0
  }

  get course(): Course {
    return { goneMs: this.#goneMs - this.#beganMs, ledMs: this.#ledMs - this.#beganMs, lateMs: this.#lateMs }
  }

  async close(): Promise<void> {
    clearInterval(this.#ticks)
    await this.#store.close()
  }

  #take({ changes }: WatchEvent): void {
    const nowMs = performance.now()
    for (const { key, value } of changes) {
      if (key === brokerKey(this.#broker) && value === null) this.#goneMs = nowMs
      if (!key.startsWith('partitions/') || value === null) continue
      const { leader } = JSON.parse(value) as { leader: number }
      // Nothing is written of a partition before its first change.
      const before = this.#leaders.get(key) ?? this.#broker
      if (before === this.#broker && leader !== this.#broker) this.#ledMs = nowMs
      this.#leaders.set(key, leader)
    }
  }
}
