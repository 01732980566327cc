/** The words of `/testing/` about what the broker holds: going back, copies, virtual clusters, groups and records. */
import { numberIn, textIn } from './body.ts'
import { deleteGroup, evict, expire, setOffsets } from './groups.ts'
import type { Kit } from './kit.ts'
import type { GroupOffset, WrittenRecord } from './record-options.ts'
import type { VirtualClusterOptions } from './state-options.ts'
import { lineOf, linesOf, loadLines, produce, recordsIn } from './topics.ts'
import { type Word, type WordCall, WordError } from './words.ts'

const name = { type: 'string', minLength: 1 }
const list = { type: 'array', items: {} }

export const stateWords: readonly Word[] = [
  { method: 'POST', path: 'baseline', summary: 'What there is now is what reset goes to', run: kit => kit.baseline() },
  {
    method: 'POST',
    path: 'reset',
    summary: 'Goes back to the baseline; tells the clients that are connected still',
    body: {
      connections: { enum: ['keep', 'close'], default: 'keep' },
      topicIds: { enum: ['new', 'keep'], default: 'new', description: 'keep is for franz-go' },
    },
    run: (kit, { body: { connections = 'keep', topicIds = 'new' } }) => {
      if (connections !== 'keep' && connections !== 'close') throw new WordError(400, 'connections takes keep or close')
      if (topicIds !== 'new' && topicIds !== 'keep') throw new WordError(400, 'topicIds takes new or keep')
      return kit.reset({ connections, topicIds })
    },
  },
  { method: 'GET', path: 'snapshots', summary: 'The ids of snapshots', run: kit => ({ snapshots: kit.snapshots }) },
  {
    method: 'POST',
    path: 'snapshots',
    summary: 'Keeps all that there is now; tells the id of it',
    run: async kit => ({ id: await kit.snapshot() }),
  },
  {
    method: 'DELETE',
    path: 'snapshots/:id',
    summary: 'Lets go of a snapshot',
    run: (kit, { params }) => there(kit.forget(params.id!), `snapshot ${params.id}`),
  },
  {
    method: 'POST',
    path: 'snapshots/:id/restore',
    summary: 'Goes to what a snapshot says',
    run: (kit, { params }) => kit.restore(known(kit, params.id!)),
  },
  {
    method: 'POST',
    path: 'snapshots/:id/fork',
    summary: 'A virtual cluster that begins with what a snapshot says',
    body: { name },
    run: async (kit, { params, body }) => {
      const id = known(kit, params.id!)
      const given = textIn(body, 'name') ?? `fork-${(await kit.clusters()).size + 1}`
      if ((await kit.clusters()).has(given)) throw new WordError(409, `there is a cluster ${given} already`)
      return told(kit, given, await kit.cluster(given, {}, id))
    },
  },
  {
    method: 'GET',
    path: 'clusters',
    summary: 'The virtual clusters',
    run: async kit => ({ clusters: [...(await kit.clusters())].map(each => told(kit, ...each)) }),
  },
  {
    method: 'POST',
    path: 'clusters',
    summary: 'The virtual cluster of a name, made where there is none; its words are below /testing/clusters/NAME/',
    body: {
      name,
      by: {
        enum: ['port', 'serverName', 'clientId'],
        default: 'port',
        description: 'Ports of its own, the name asked for in TLS, or what client ids begin with',
      },
      strict: { type: 'boolean', description: 'Clients that are for no such cluster are turned away' },
    },
    run: async (kit, { body }) => {
      const given = textIn(body, 'name')
      if (given === undefined || given === '') throw new WordError(400, 'name is missing')
      const by = textIn(body, 'by') as VirtualClusterOptions['by']
      const { strict } = body
      if (strict !== undefined && typeof strict !== 'boolean') throw new WordError(400, 'strict takes true or false')
      const options = { ...(by !== undefined && { by }), ...(strict !== undefined && { strict }) }
      return told(kit, given, await kit.cluster(given, options))
    },
  },
  {
    method: 'DELETE',
    path: 'clusters/:name',
    summary: 'Ends a virtual cluster',
    run: async (kit, { params }) => there(await kit.endCluster(params.name!), `cluster ${params.name}`),
  },
  {
    method: 'POST',
    path: 'advertise',
    summary: 'Where clients are told to find the broker, in place of advertised.listeners; also after a reset',
    body: { listeners: { type: 'string', description: 'As in PLAINTEXT://localhost:32768' } },
    run: async (kit, { body }) => {
      const listeners = textIn(body, 'listeners')
      if (listeners === undefined) throw new WordError(400, 'listeners is missing')
      await kit.advertise(listeners)
    },
  },
  {
    method: 'DELETE',
    path: 'groups/:group',
    summary: 'Forgets a group with its offsets; members that it has are taken out',
    run: async ({ services }, { params }) => there(await deleteGroup(services, params.group!), `group ${params.group}`),
  },
  {
    method: 'POST',
    path: 'groups/:group/evict',
    summary: 'Takes out a member of a group, or all; they join again',
    body: { member: name },
    run: async ({ services }, { params, body }) => ({
      evicted: await evict(services, params.group!, textIn(body, 'member') ?? null),
    }),
  },
  {
    method: 'POST',
    path: 'groups/:group/expire',
    summary: 'Ends the session of a member, as if nothing had been heard of it for too long',
    body: { member: name },
    run: async ({ services }, { params, body }) => {
      const member = textIn(body, 'member')
      if (member === undefined) throw new WordError(400, 'member is missing')
      there(await expire(services, params.group!, member), `session of ${member} in ${params.group} that can end`)
    },
  },
  {
    method: 'POST',
    path: 'groups/:group/offsets',
    summary: 'Sets offsets of a group: a list of topic, partition and offset',
    body: { offsets: list },
    run: ({ services }, { params, body }) => setOffsets(services, params.group!, offsetsIn(body)),
  },
  {
    method: 'POST',
    path: 'topics/:topic/records',
    summary: 'Writes records, as texts or as objects like those of files that a broker loads; tells where they are',
    body: { records: list },
    run: async ({ services }, { params, body }) => ({
      records: await produce(services, params.topic!, listIn(body, 'records') as WrittenRecord[]),
    }),
  },
  {
    method: 'POST',
    path: 'load',
    summary: 'Writes records of JSON lines, as files have them that a broker loads',
    body: { lines: { type: 'string' } },
    run: ({ services }, { body }) => loadLines(services, textIn(body, 'lines') ?? ''),
  },
  {
    method: 'GET',
    path: 'lines',
    summary: 'All that consumers can read, or that of one topic, as such lines',
    query: { topic: name },
    run: ({ services }, { query }) => ({ lines: linesOf(services, query.get('topic') ?? undefined) }),
  },
  {
    method: 'GET',
    path: 'topics/:topic/records',
    summary: 'What consumers can read of a topic; bytes that are no text as base64',
    query: {
      partition: { type: 'integer', description: 'Of all where it is left out' },
      from: { type: 'integer', description: 'The first offset that is wanted' },
    },
    run: ({ services }, { params, query }) => {
      const options = { partition: numberOf(query, 'partition'), from: numberOf(query, 'from') }
      const decode = (value: Buffer | null) => value
      const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
      return { records: recordsIn(services, params.topic!, { ...given, decode }).map(lineOf) }
    },
  },
]

function known(kit: Kit, id: string): string {
  if (!kit.snapshots.includes(id)) throw new WordError(404, `there is no snapshot ${id}`)
  return id
}

function there(isThere: boolean, what: string): void {
  if (!isThere) throw new WordError(404, `there is no ${what}`)
}

function told(of: Kit, name: string, { run: { bootstrap, clusterId } }: Kit) {
  return { name, by: of.wayTo(name), bootstrap, clusterId }
}

function listIn(body: WordCall['body'], field: string): unknown[] {
  const value = body[field]
  if (Array.isArray(value)) return value
  throw new WordError(400, `${field} takes a list`)
}

function offsetsIn(body: WordCall['body']): GroupOffset[] {
  return listIn(body, 'offsets').map(each => {
    const given = (typeof each === 'object' && each !== null ? each : {}) as Record<string, unknown>
    const [topic, partition, offset] = [textIn(given, 'topic'), numberIn(given, 'partition'), numberIn(given, 'offset')]
    if (topic !== undefined && partition !== undefined && offset !== undefined) return { topic, partition, offset }
    throw new WordError(400, 'each of offsets has topic, partition and offset')
  })
}

function numberOf(query: URLSearchParams, field: string): number | undefined {
  const text = query.get(field)
  if (text === null) return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new WordError(400, `${field} takes a number`)
}
