/** `ottla await`: waits for a state of a broker for tests, and tells by its exit code whether it came. */
import { request } from 'node:http'
import { parsed, timeoutMsOf } from './arguments.ts'
import { type Io, UsageError } from './io.ts'

const options = {
  http: { type: 'string', default: 'localhost:8080' },
  token: { type: 'string' },
  cluster: { type: 'string' },
  timeout: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Exit codes: as `timeout` of the coreutils has them where the time is over. */
const [met, failed, timedOut] = [0, 1, 124]

const usage = 'ottla await --help says what can be awaited'

/** 0 once it is so, 1 where it cannot be asked, 124 where the time is over, with what was seen on standard error. */
export async function awaitState(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parsed({ args: [...argv], options, allowPositionals: true }, usage)
  if (values.help) {
    const { helpFor } = await import('./help.ts')
    io.stdout.write(helpFor('await'))
    return met
  }
  const timeoutMs = values.timeout === undefined ? 4_000 : timeoutMsOf(values.timeout)
  const body = { ...wantedBy(positionals), timeoutMs }
  const path = `/testing/${values.cluster === undefined ? '' : `clusters/${encodeURIComponent(values.cluster)}/`}await`
  const token = values.token ?? process.env.OTTLA_TESTING_TOKEN
  let answer: { status: number; text: string }
  try {
    answer = await ask(values.http, path, JSON.stringify(body), token === 'none' ? undefined : token)
  } catch (error) {
    io.stderr.write(`ottla await: ${values.http} cannot be asked: ${(error as Error).message}\n`)
    return failed
  }
  if (answer.status === 200) {
    io.stdout.write(`${answer.text.trim()}\n`)
    return met
  }
  io.stderr.write(`ottla await: ${errorIn(answer.text)}\n`)
  return answer.status === 408 ? timedOut : failed
}

/** What the words ask for, as the body of a request: `group NAME ready [MEMBERS]`, and so on. */
function wantedBy(words: readonly string[]): Record<string, unknown> {
  const [what, name, state, ...more] = words
  if (what === 'group' && name !== undefined) {
    if (state === 'ready' && more.length <= 1)
      return { group: name, ready: more[0] === undefined ? true : numberOf(more[0]) }
    if (state === 'caught-up' && more.length === 0) return { group: name, caughtUp: true }
  }
  if (what === 'topic' && name !== undefined && state === 'offset' && more.length === 1) {
    const [, topic, partition] = /^(.+)-(\d+)$/.exec(name) ?? []
    if (topic === undefined) throw new UsageError(`${name} names no partition: write it as in orders-0`)
    return { topic, partition: Number(partition), offset: numberOf(more[0]!) }
  }
  if (what === 'request' && name !== undefined && more.length === 0) {
    return { api: name, ...(state !== undefined && { count: numberOf(state) }) }
  }
  if (what === 'fault' && name !== undefined && more.length === 0) {
    return { fault: numberOf(name), ...(state !== undefined && { count: numberOf(state) }) }
  }
  throw new UsageError(`there is no '${words.join(' ')}' to wait for; ${usage}`)
}

function numberOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new UsageError(`'${text}' is no number; ${usage}`)
}

function ask(
  address: string,
  path: string,
  body: string,
  token: string | undefined,
): Promise<{ status: number; text: string }> {
  const url = new URL(`http://${address}${path}`)
  const headers = {
    ...{ 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    ...(token !== undefined && token !== '' && { authorization: `Bearer ${token}` }),
  }
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', headers, agent: false }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', chunk => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode!, text }))
      response.on('error', reject)
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

function errorIn(text: string): string {
  try {
    return String((JSON.parse(text) as { error?: unknown }).error ?? text)
  } catch {
    return text.trim()
  }
}
