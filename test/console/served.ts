/** A broker with its console, for tests: asks the JSON interface as the page does, with or without the right to write. */
import type { Test } from 'tap'
import { Admin } from '../../lib/admin/admin.ts'
import { systemClock } from '../../lib/base/clock.ts'
import { systemRandom } from '../../lib/base/random.ts'
import { Secret } from '../../lib/base/secret.ts'
import { Broker, type BrokerOptions } from '../../lib/broker.ts'
import { Producer } from '../../lib/client/producer.ts'
import { systemNetwork } from '../../lib/network/tcp.ts'

export const token = 'a-token-for-tests'

/** An answer of the interface; its body as any JSON. */
export interface Answer<T> {
  readonly status: number
  readonly body: T
  readonly headers: Headers
}

export interface Asking {
  readonly method?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Served {
  readonly broker: Broker
  /** As who opened the link that was printed. */
  readonly ask: <T>(path: string, asking?: Asking) => Promise<Answer<T>>
  /** As anybody who reaches the port. */
  readonly askAsAnybody: <T>(path: string, asking?: Asking) => Promise<Answer<T>>
  /** A client of the broker, as User:ANONYMOUS. */
  readonly admin: Admin
  /** Sends records, in order; resolves when all are there. */
  readonly send: (topic: string, records: readonly Sent[]) => Promise<void>
}

export interface Sent {
  readonly key?: string | Buffer | null
  readonly value?: string | Buffer | null
  readonly headers?: readonly { readonly key: string; readonly value: Buffer | null }[]
  readonly timestamp?: number
  readonly partition?: number
}

/** No look for records that are past their time: those of tests may be of any year. */
export const withoutRetention = { 'log.initial.task.delay.ms': '86400000' }

/** Starts one in memory; it stops with the test. */
export async function served(t: Test, options: BrokerOptions = {}): Promise<Served> {
  const http = { address: '127.0.0.1:0', token }
  const port = options.properties?.listeners === undefined ? { port: 0 } : {}
  const properties = { ...withoutRetention, ...options.properties }
  const more = { ephemeral: true, dev: true, http, logLevel: 'error' as const }
  const broker = await Broker.start({ ...port, ...more, ...options, properties })
  const admin = adminOf(broker.bootstrap)
  t.teardown(async () => {
    await admin.close()
    await broker.stop()
  })
  const asking =
    (authorization: Readonly<Record<string, string>>) =>
    async <T>(path: string, { method = 'GET', body, headers = {} }: Asking = {}): Promise<Answer<T>> => {
      const json: Record<string, string> = method === 'GET' ? {} : { 'content-type': 'application/json' }
      const response = await fetch(`http://${broker.http}/api/${path}`, {
        ...{ method, headers: { ...json, ...authorization, ...headers } },
        ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
      })
      const isJson = response.headers.get('content-type') === 'application/json'
      const read = isJson ? await response.json() : Buffer.from(await response.arrayBuffer())
      return { status: response.status, body: read as T, headers: response.headers }
    }
  const bytes = (part: string | Buffer | null | undefined) =>
    part === null || part === undefined ? null : Buffer.from(part as string)
  return {
    broker,
    ask: asking({ authorization: `Bearer ${token}` }),
    askAsAnybody: asking({}),
    admin,
    send: async (topic, records) => {
      const failures: Error[] = []
      const producer = new Producer({
        ...{ routes: admin, lingerMs: 0, requestBytesMax: 64_000_000, bufferBytesMax: 256_000_000 },
        delivered: ({ error }) => {
          if (error !== null) failures.push(error)
        },
      })
      await producer.find(topic)
      for (const { key, value, headers = [], timestamp = systemClock.now(), partition } of records) {
        producer.send(topic, { timestamp, key: bytes(key), value: bytes(value), headers }, partition ?? null)
      }
      await producer.close()
      if (failures.length > 0) throw failures[0]
    },
  }
}

export function adminOf(bootstrap: string, user?: string, password = ''): Admin {
  const login = { mechanism: 'PLAIN', user: user ?? '', password: new Secret(password) } as const
  return new Admin({
    ...(user === undefined ? {} : { login }),
    ...{ bootstrap: [bootstrap], clock: systemClock, random: systemRandom, network: systemNetwork, timeoutMs: 20_000 },
  })
}
