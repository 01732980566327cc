/** The lines in which metadata are shown, and those in which they are saved. */
import type { Files } from '../../storage/files.ts'
import { brokerProperty } from '../config/definitions.ts'
import { UsageError } from './io.ts'

interface Entry {
  readonly key: string
  readonly value: string
}

/** What was saved. */
export interface Saved {
  readonly entries: readonly Entry[]
  readonly clusterId: string
}

const format = 'ottla-metadata'
const version = 1
const hidden = '[hidden]'

/** One key for people: its value as JSON, without what passwords are checked by. */
export function dumpLine({ key, value, revision }: Entry & { readonly revision: number }): string {
  let shown: unknown = value
  try {
    shown = JSON.parse(value)
  } catch {
    // As it stands.
  }
  return JSON.stringify({ key, revision, value: withoutSecrets(key, shown) })
}

function withoutSecrets(key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (key.startsWith('scram/')) return { ...value, salt: hidden, storedKey: hidden, serverKey: hidden }
  if (!key.startsWith('configs/broker/')) return value
  // What this version does not know may be a password.
  const isShown = (name: string) => {
    const property = brokerProperty(name.replace(/^listener\.name\.[^.]+\./, ''))
    return property !== undefined && property.type !== 'password'
  }
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, isShown(name) ? text : hidden]))
}

/** A file of all keys: a line on what it is, and then each as it is stored. */
export function savedText(entries: readonly Entry[], revision: number): string {
  const head = { format, version, revision, keys: entries.length }
  return [head, ...entries.map(({ key, value }) => ({ key, value }))].map(line => `${JSON.stringify(line)}\n`).join('')
}

/** Throws UsageError where it is not such a file, or not all of it. */
export function readSaved(files: Files, path: string): Saved {
  const content = files.read(path)
  if (content === null) throw new UsageError(`there is no file ${path}`)
  const [head, ...lines] = content
    .toString('utf8')
    .split('\n')
    .filter(Boolean)
    .map(line => parsed(line, path))
  if (head?.format !== format) throw new UsageError(`${path} is not what ottla metadata save writes`)
  if (head.version !== version)
    throw new UsageError(`${path} is of version ${head.version}, and this ottla knows ${version}`)
  if (head.keys !== lines.length)
    throw new UsageError(`${path} has ${lines.length} of its ${head.keys} keys: it is not whole`)
  const entries = lines.map(({ key, value }) => {
    if (typeof key !== 'string' || typeof value !== 'string')
      throw new UsageError(`${path} has a line without key or value`)
    return { key, value }
  })
  const cluster = entries.find(({ key }) => key === 'cluster')
  if (cluster === undefined) throw new UsageError(`${path} is of no cluster`)
  return { entries, clusterId: String(parsed(cluster.value, path).clusterId) }
}

function parsed(line: string, path: string): Record<string, unknown> {
  try {
    const value = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // Said below.
  }
  throw new UsageError(`${path} has a line that is no JSON object: ${line.slice(0, 80)}`)
}
