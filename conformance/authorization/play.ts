/** Has all users ask a broker everything. */

import type { Client } from '../../lib/client/client.ts'
import { toJson } from '../../protocol/json.ts'
import { stringifyExact } from '../../protocol/json-text.ts'
import type { Asker, Population } from './askers.ts'
import { connectAs } from './brokers.ts'
import type { Question } from './questions/question.ts'
import { skeletonOf } from './skeleton.ts'
import { Administrator } from './world.ts'

/** Logins at once. */
const loginsMax = 20

/** The users with the administrator, for one broker. */
export class Players {
  readonly #administrator: Administrator
  readonly #bootstrap: string
  readonly #askers: readonly Asker[]
  readonly #clients: Client[]

  private constructor(bootstrap: string, askers: readonly Asker[], administrator: Administrator, clients: Client[]) {
    this.#bootstrap = bootstrap
    this.#askers = askers
    this.#administrator = administrator
    this.#clients = clients
  }

  static async begin(bootstrap: string, { askers }: Population): Promise<Players> {
    const administrator = await Administrator.begin(
      bootstrap,
      askers.flatMap(({ rules }) => rules),
    )
    const clients: Client[] = []
    for (let at = 0; at < askers.length; at += loginsMax) {
      const some = askers.slice(at, at + loginsMax).map(({ user }) => connectAs(bootstrap, user))
      clients.push(...(await Promise.all(some)))
    }
    return new Players(bootstrap, askers, administrator, clients)
  }

  async end(): Promise<void> {
    await Promise.all([this.#administrator, ...this.#clients].map(each => each.close()))
  }

  /** The keys of the APIs that the broker offers. */
  offered(): Promise<number[]> {
    return this.#administrator.offered()
  }

  /** What each user is answered, as text. */
  async answersTo(question: Question): Promise<readonly string[]> {
    if (question.changes === undefined) return this.#askAtOnce(question)
    const answers: string[] = []
    for (const at of this.#clients.keys()) {
      answers.push(await this.#ask(at, question))
      await this.#restore(question, answers.at(-1)!)
    }
    return answers
  }

  async #askAtOnce(question: Question): Promise<readonly string[]> {
    const answers = await Promise.allSettled(this.#clients.map((_, at) => this.#ask(at, question)))
    return answers.map(answer => {
      if (answer.status === 'rejected') throw answer.reason
      return answer.value
    })
  }

  async #ask(at: number, { api, version, request }: Question): Promise<string> {
    const names = new Map([...this.#administrator.ids].map(([name, id]) => [id, `<${name}>`]))
    try {
      const answer = await this.#clients[at]!.send(api, version, request(this.#administrator) as never)
      return stringifyExact(skeletonOf(toJson(api.response, version, answer), names) ?? 'nothing')
    } catch (error) {
      const { name, user } = this.#askers[at]!
      await this.#clients[at]!.close()
      this.#clients[at] = await connectAs(this.#bootstrap, user)
      throw new Error(`${name}: ${(error as Error).message}`, { cause: error })
    }
  }

  async #restore({ changes }: Question, answer: string): Promise<void> {
    if (changes === 'groups') await this.#administrator.restoreGroups()
    if (changes !== 'topics') return
    const { responses } = JSON.parse(answer) as { responses: readonly { name?: string; errorCode?: string }[] }
    const deleted = responses.filter(({ errorCode }) => errorCode === undefined).map(({ name }) => name!)
    if (deleted.length > 0) await this.#administrator.restoreTopics(deleted)
  }
}
