/**
 * The console: a page in the browser, and the JSON interface that it asks. It is a client of the cluster like any other, by a connection to the broker that
 * it runs beside; of the broker itself it has no more than what happened to groups and the trace.
 */
import { codeName, KafkaError } from '../../protocol/errors.ts'
import type { Logger } from '../base/logger.ts'
import { Secret } from '../base/secret.ts'
import { ClientError } from '../client/client.ts'
import { type ClientLogin, LoginError } from '../client/login.ts'
import type { HttpSession } from '../http/access.ts'
import type { HttpAnswer, HttpHandler, HttpMethods, HttpRequest, HttpRoutes } from '../http/routes.ts'
import type { GroupEventRow, Refusal, TraceAnswer } from './answers.ts'
import { answerOf, rowFor, statusOf } from './api.ts'
import { bodyOf, textOf } from './asked.ts'
import { pageFiles } from './page.ts'
import { type Place, Visits } from './visits.ts'

export interface ConsoleOptions {
  readonly place: Place
  readonly logger: Logger
  /** What happened to a group, the newest first. */
  readonly groupEvents: (groupId: string) => readonly GroupEventRow[]
  /** Requests and answers after the line of this number, told from the first look on. */
  readonly trace: (since: number) => TraceAnswer
  /** Headers that give a browser a session, and take it away. */
  readonly enter: (session: HttpSession) => Readonly<Record<string, string>>
  readonly leave: (request: HttpRequest) => Readonly<Record<string, string>>
}

/** The routes of the page alone: it is there before its broker is. */
export async function pageRoutes(): Promise<HttpRoutes> {
  const files = await pageFiles()
  const routes: Record<string, HttpMethods> = {}
  for (const [path, { contentType, gzip, text }] of files) {
    const GET: HttpHandler = ({ headers }) => {
      const packed = /\bgzip\b/.test(headers['accept-encoding'] ?? '')
      return packed
        ? { status: 200, body: gzip, contentType, headers: { 'content-encoding': 'gzip', vary: 'accept-encoding' } }
        : { status: 200, body: text, contentType }
    }
    routes[path] = { GET }
  }
  return routes
}

/** See the head of the file. */
export class Console {
  readonly #options: ConsoleOptions
  readonly #visits: Visits

  constructor(options: ConsoleOptions) {
    this.#options = options
    this.#visits = new Visits(options.place)
  }

  /** What lies below `/api/`. */
  get routes(): HttpRoutes {
    const handler: HttpHandler = request => this.#answer(request)
    return {
      '/api/': { GET: handler, POST: handler, DELETE: handler },
      '/api/login': { isOpen: true, POST: request => this.#logIn(request) },
      '/api/logout': { isOpen: true, POST: request => this.#logOut(request) },
    }
  }

  /** The page is on its way to a browser, and is going to ask: the connection is there by then. */
  async expect(): Promise<void> {
    if (this.#options.place.isOpen) await this.#visits.of(null).admin.brokers()
  }

  /** Closes the connections to the broker. */
  close(): Promise<void> {
    return this.#visits.close()
  }

  async #answer(request: HttpRequest): Promise<HttpAnswer> {
    const { place } = this.#options
    const login = loginOf(request)
    if (login === null && !place.isOpen)
      return refusal(401, { error: 'the brokers want to know who asks', needsLogin: true })
    const visit = this.#visits.of(login)
    try {
      const found = rowFor(request.method, request.path.slice('/api/'.length))
      if (found === null) return refusal(404, { error: `there is no ${request.method} ${request.path}` })
      const { groupEvents, trace } = this.#options
      const { row, names } = found
      return answerOf(await row({ request, query: request.query, visit, names, groupEvents, trace }))
    } catch (error) {
      return refused(error, visit.user === null && place.canLogIn)
    }
  }

  /** Asks the broker whether it knows the user. The password is kept for its connections, as long as the session. */
  async #logIn(request: HttpRequest): Promise<HttpAnswer> {
    const { place, enter, logger } = this.#options
    if (!/^application\/json *(;|$)/i.test(request.headers['content-type'] ?? ''))
      return refusal(415, { error: 'a login has Content-Type: application/json' })
    if (!place.canLogIn) return refusal(409, { error: 'no listener of this broker takes a login' })
    let failure: unknown = null
    try {
      const fields = bodyOf(request)
      const [user, password] = [textOf(fields, 'user'), new Secret(textOf(fields, 'password'))]
      for (const mechanism of place.mechanisms) {
        const login: ClientLogin = { mechanism, user, password }
        try {
          await this.#visits.of(login).admin.connectionTo({ to: 'any' })
          return { status: 200, body: { user }, headers: enter({ mayWrite: true, user: login }) }
        } catch (error) {
          failure = error
          this.#visits.end(login)
        }
      }
    } catch (error) {
      failure = error
    }
    logger.info('a login by the console was refused')
    return refused(failure, false)
  }

  #logOut(request: HttpRequest): HttpAnswer {
    const login = loginOf(request)
    if (login !== null) this.#visits.end(login)
    return { status: 200, body: {}, headers: this.#options.leave(request) }
  }
}

/** Who logged in here; null for who shows a token, or nothing. */
function loginOf({ session }: HttpRequest): ClientLogin | null {
  return (session?.user ?? null) as ClientLogin | null
}

function refusal(status: number, body: Refusal): HttpAnswer {
  return { status, body }
}

/** What is told of an error; with `mayHelp`, that a login may help. */
function refused(error: unknown, mayHelp: boolean): HttpAnswer {
  if (error instanceof RangeError) return refusal(400, { error: error.message })
  if (error instanceof LoginError) return refusal(401, { error: error.message, needsLogin: true })
  if (error instanceof KafkaError) {
    const status = statusOf(error.code)
    const needsLogin = status === 403 && mayHelp ? { needsLogin: true } : {}
    return refusal(status, { error: error.message, code: codeName(error.code), ...needsLogin })
  }
  if (error instanceof ClientError) return refusal(503, { error: error.message })
  throw error
}
