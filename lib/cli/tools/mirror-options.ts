/** The options of `ottla mirror`, and what they mean. */
import { type Given, type Tool, ToolUsageError } from './tool.ts'

const options = {
  from: { value: 'HOST:PORT,...', doc: 'the cluster that is copied; required' },
  'from-config': { value: 'FILE', doc: 'properties of a client of it' },
  to: { value: 'HOST:PORT,...', doc: 'the cluster that gets the copy; required' },
  'to-config': { value: 'FILE', doc: 'properties of a client of it' },
  topics: { value: 'PATTERN', doc: 'topics whose whole names fit a regular expression (.*)' },
  exclude: { value: 'PATTERN', doc: 'but not those that fit this one' },
  groups: { value: 'PATTERN', doc: 'groups whose offsets are brought (.*)' },
  prefix: { value: 'TEXT', doc: 'put before the names of topics in the copy' },
  name: { value: 'NAME', doc: 'tells this mirror from others into the same cluster (mirror)' },
  once: { doc: 'end when all that there is now is copied' },
  lag: { doc: 'copy nothing; say how far each partition is' },
  'progress-ms': { value: 'MS', doc: 'how often progress is told on standard error (5000); 0 for never' },
  'note-ms': { value: 'MS', doc: 'how often it is noted how far the copy has come (1000)' },
  'refresh-ms': { value: 'MS', doc: 'how often topics, settings and the offsets of groups are brought (10000)' },
  json: { doc: 'tell progress and the end as JSON lines, on standard output; --lag as one JSON array' },
  help: { doc: 'this' },
} as const

export type MirrorOption = keyof typeof options

export const mirrorTool: Tool<MirrorOption> = {
  name: 'mirror',
  about: 'copies topics of any cluster to any other: records, settings, and the offsets of groups',
  example: "mirror --from kafka:9092 --to localhost:9092 --topics 'orders.*'",
  options,
}

/** What a command line asks for. */
export interface AskedToMirror {
  readonly from: string
  readonly to: string
  readonly name: string
  readonly isTopicMeant: (name: string) => boolean
  readonly isGroupMeant: (name: string) => boolean
  readonly targetOf: (topic: string) => string
  readonly progressMs: number
  readonly noteMs: number | undefined
  readonly refreshMs: number | undefined
}

/** Throws ToolUsageError. */
export function askedToMirror(given: Given<MirrorOption>): AskedToMirror {
  const [from, to] = [given.one('from'), given.one('to')]
  if (from === undefined || to === undefined) {
    throw new ToolUsageError('a mirror copies --from one cluster --to another; give both', { showHelp: false })
  }
  const [topics, excluded, groups] = [
    patternOf(given.one('topics') ?? '.*'),
    patternOf(given.one('exclude') ?? '(?!)'),
    patternOf(given.one('groups') ?? '.*'),
  ]
  const prefix = given.one('prefix') ?? ''
  return {
    ...{ from, to, name: given.one('name') ?? 'mirror' },
    isTopicMeant: name => topics.test(name) && !excluded.test(name),
    isGroupMeant: name => groups.test(name),
    targetOf: name => prefix + name,
    progressMs: given.int('progress-ms') ?? 5_000,
    noteMs: given.int('note-ms'),
    refreshMs: given.int('refresh-ms'),
  }
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(`^(?:${text})$`)
  } catch (error) {
    throw new ToolUsageError(`${text} is no regular expression: ${(error as Error).message}`, { showHelp: false })
  }
}
