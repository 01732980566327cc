/** Who looks at the cluster by the console: for the brokers, each is a client of its own, and may do what its user may. */
import type { Admin } from '../admin/admin.ts'
import type { ClientLogin } from '../client/login.ts'
import { DirectoryList } from './brokers.ts'
import { type ListedTopic, TopicList } from './topics.ts'

/** The broker that the console belongs to, as its composition tells. */
export interface Place {
  readonly nodeId: number
  /** The version of the package. */
  readonly version: string
  /** `host:port` for people. */
  readonly bootstrap: string
  /** Whether who has not logged in may come at all. */
  readonly isOpen: boolean
  /** Whether there is a listener that takes logins. */
  readonly canLogIn: boolean
  /** Whether the broker is one for tests, and tells of them below `/testing/`. */
  readonly isForTests: boolean
  /** Those that a user may log in by, the best first. */
  readonly mechanisms: readonly ClientLogin['mechanism'][]
  /** All topics by name, where everybody may see them all; null where the brokers have to be asked, as each user. */
  readonly topics: (() => readonly ListedTopic[]) | null
  /** A client of the cluster; the visit closes it. */
  connect(login: ClientLogin | null): Admin
}

/** One user, `User:ANONYMOUS` where nobody has logged in. */
export interface Visit {
  readonly place: Place
  readonly user: string | null
  readonly admin: Admin
  readonly topics: TopicList
  readonly directories: DirectoryList
}

/** Users whose connections are kept; who has not asked for the longest time connects anew. */
const visitsMax = 16

export class Visits {
  readonly #place: Place
  /** By login, the least recently used first. */
  readonly #visits = new Map<ClientLogin | null, Visit>()

  constructor(place: Place) {
    this.#place = place
  }

  /** The visit of a user; null stands for who has not logged in. */
  of(login: ClientLogin | null): Visit {
    const known = this.#visits.get(login)
    if (known !== undefined) {
      this.#visits.delete(login)
      this.#visits.set(login, known)
      return known
    }
    const [oldest] = this.#visits.keys()
    if (this.#visits.size >= visitsMax && oldest !== undefined) this.end(oldest)
    const admin = this.#place.connect(login)
    const visit = {
      place: this.#place,
      user: login?.user ?? null,
      admin,
      topics: new TopicList(admin, this.#place.topics),
      directories: new DirectoryList(admin),
    }
    this.#visits.set(login, visit)
    return visit
  }

  end(login: ClientLogin | null): void {
    void this.#visits.get(login)?.admin.close()
    this.#visits.delete(login)
  }

  async close(): Promise<void> {
    const all = [...this.#visits.values()]
    this.#visits.clear()
    for (const { admin } of all) await admin.close()
  }
}
