/**
 * `/testing/` over HTTP: who may use it, and which word a request is. Whoever can reach it can undo what others see of the broker, so it takes
 * no request that a web page could have sent, but from the console of who opened the link with its token; and beyond this machine none without a token.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { types } from 'node:util'
import { KafkaError } from '../../protocol/errors.ts'
import { ConfigError } from '../config/values.ts'
import type { HttpAnswer, HttpRequest, HttpRoutes } from '../http/routes.ts'
import type { Kit } from './kit.ts'
import { openApiOf } from './open-api.ts'
import { StoppedError } from './stopped-error.ts'
import { allWords } from './vocabulary.ts'
import { paramsOf, type WordCall, WordError } from './words.ts'

const base = '/testing/'
const loopback = new Set(['localhost', '127.0.0.1', '::1'])

/** The token that requests have to show; null for none. Throws ConfigError where there has to be one. */
export function tokenOf(host: string, given = process.env.OTTLA_TESTING_TOKEN): string | null {
  if (given === 'none') return null
  if (given !== undefined && given !== '') return given
  if (loopback.has(host)) return null
  throw new ConfigError(
    'http',
    `/testing/ would be open to all who reach ${host}: set OTTLA_TESTING_TOKEN to a secret, or to 'none' where that is meant`,
  )
}

/** Whether whoever reaches the machine may say what the broker's tests say. */
export function isOpenToOthers(host: string, token: string | null): boolean {
  return token === null && !loopback.has(host)
}

export const openAdvice = '/testing/ is open to all who reach this machine, as OTTLA_TESTING_TOKEN is none'

/** What is served below `/testing/`; 503 until the broker runs. */
export function testingRoutes(kit: () => Kit | null, token: string | null): HttpRoutes {
  const answer = (request: HttpRequest) => answerOf(kit(), request, token)
  return { [base]: { GET: answer, POST: answer, DELETE: answer, isOpen: true } }
}

async function answerOf(kit: Kit | null, request: HttpRequest, token: string | null): Promise<HttpAnswer> {
  const refusal = refusalOf(request, token)
  if (refusal !== null) return refusal
  if (kit === null) return said(503, 'the broker has not started yet')
  const path = request.path.slice(base.length)
  if (path === 'openapi.json' && request.method !== 'POST') return { status: 200, body: openApiOf(allWords) }
  try {
    return await spoken(kit, request, path)
  } catch (error) {
    if (error instanceof WordError) return { status: error.status, body: { error: error.message, ...error.more } }
    if (error instanceof StoppedError) return said(503, error.message)
    // What the kit throws for what it was given.
    if (error instanceof KafkaError || error instanceof RangeError || error instanceof TypeError)
      return said(400, error.message)
    throw error
  }
}

async function spoken(kit: Kit, request: HttpRequest, path: string): Promise<HttpAnswer> {
  const [, name, below] = /^clusters\/([^/]+)\/(.+)$/.exec(path) ?? []
  if (name !== undefined && below !== undefined) {
    const cluster = (await kit.clusters()).get(decoded({ name }).name!)
    return cluster === undefined ? said(404, `there is no cluster ${name}`) : spoken(cluster, request, below)
  }
  const fitting = allWords.flatMap(word => {
    const params = paramsOf(word, path)
    return params === null ? [] : [{ word, params }]
  })
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const found = fitting.find(({ word }) => word.method === method)
  if (found === undefined) {
    if (fitting.length === 0) return said(404, `there is no ${request.path}; ${base}openapi.json tells what there is`)
    return said(405, `${request.path} takes ${fitting.map(({ word }) => word.method).join(' and ')}, not ${method}`)
  }
  const body = bodyOf(request)
  const call: WordCall = { params: decoded(found.params), query: request.query, body }
  refuseStrange(body, found.word.body, 'field ', request.path)
  refuseStrange(Object.fromEntries(request.query), found.word.query, '', `the query of ${request.path}`)
  const result = await found.word.run(kit, call)
  return { status: 200, body: result ?? {} }
}

/** Throws WordError where a name is not known: what is misspelt would be passed over in silence. */
function refuseStrange(given: object, known: object = {}, what: string, where: string): void {
  const strange = Object.keys(given).find(name => !Object.hasOwn(known, name))
  if (strange === undefined) return
  const there = Object.keys(known).join(', ') || 'none'
  throw new WordError(400, `there is no ${what}'${strange}' in ${where}; known are: ${there}`)
}

/** Null where the request may pass. */
function refusalOf({ headers, method, session }: HttpRequest, token: string | null): HttpAnswer | null {
  // Who has logged in is a client of the broker, and no test of it.
  const hasOpenedLink = session?.mayWrite && session.user === null
  if (headers.origin !== undefined && !hasOpenedLink) return said(403, 'a web page may not ask this')
  if (token !== null && !hasOpenedLink) {
    const shown = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
    if (shown === undefined || !isSame(shown, token)) {
      return said(401, 'show the token of OTTLA_TESTING_TOKEN: Authorization: Bearer TOKEN')
    }
  }
  if (method !== 'POST' || /^application\/json\b/i.test(headers['content-type'] ?? '')) return null
  return said(415, 'send content-type: application/json, also with an empty body')
}

function isSame(a: string, b: string): boolean {
  const [first, second] = [a, b].map(text => createHash('sha256').update(text).digest())
  return timingSafeEqual(first!, second!)
}

function bodyOf({ body }: HttpRequest): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {}
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw new WordError(400, `the body is no JSON: ${types.isNativeError(error) ? error.message : error}`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new WordError(400, 'the body takes an object of JSON')
}

function decoded(params: Readonly<Record<string, string>>): Record<string, string> {
  try {
    return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, decodeURIComponent(value)]))
  } catch {
    throw new WordError(400, 'the path has a percent sign that begins no character')
  }
}

function said(status: number, error: string): HttpAnswer {
  return { status, body: { error } }
}
