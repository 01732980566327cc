/** The words of `/testing/` about the brokers of a cluster: who leads, who is in sync, and who runs. */
import { numberIn } from './body.ts'
import type { Brokers } from './brokers/brokers.ts'
import type { TestBroker } from './brokers/options.ts'
import type { Kit } from './kit.ts'
import { type Word, type WordCall, WordError } from './words.ts'

const broker = { type: 'integer', description: 'A node id' }
const partition = { type: 'integer', minimum: 0, default: 0 }

/** Followers that are held, by kit and place, as nobody but the words knows of these. */
const held = new WeakMap<Brokers, Map<string, AsyncDisposable>>()

export const brokerWords: readonly Word[] = [
  {
    method: 'GET',
    path: 'brokers',
    summary: 'The brokers of a cluster, and which of them run; none for a broker alone',
    run: ({ brokers }) => ({ brokers: (brokers?.all ?? []).map(told) }),
  },
  ...(['stop', 'kill', 'start'] as const).map(
    (what): Word => ({
      method: 'POST',
      path: `brokers/:id/${what}`,
      summary: {
        stop: 'Has the others lead what a broker leads, and stops it',
        kill: 'Ends a broker as SIGKILL would end a process',
        start: 'Starts a broker again, on the same port',
      }[what],
      run: async (kit, { params }) => {
        const found = brokerIn(kit, params.id!)
        await found[what]()
        return told(found)
      },
    }),
  ),
  {
    method: 'GET',
    path: 'topics/:topic/replicas',
    summary: 'Who leads a partition, who has it and who is in sync',
    query: { partition },
    run: (kit, { params, query }) =>
      clusterOf(kit).replicas(params.topic!, partitionOf({ partition: Number(query.get('partition') ?? 0) })),
  },
  {
    method: 'POST',
    path: 'topics/:topic/leader',
    summary: 'Has an in-sync replica lead a partition',
    body: { partition, broker },
    run: async (kit, { params, body }) => {
      await clusterOf(kit).moveLeader(params.topic!, partitionOf(body), brokerOf(body))
      return clusterOf(kit).replicas(params.topic!, partitionOf(body))
    },
  },
  {
    method: 'POST',
    path: 'topics/:topic/held',
    summary: 'Has a follower copy nothing and leave the in-sync replicas, until it is deleted',
    body: { partition, broker },
    run: async (kit, { params, body }) => {
      const brokers = clusterOf(kit)
      const all = held.get(brokers) ?? new Map<string, AsyncDisposable>()
      held.set(brokers, all)
      const place = `${params.topic}-${partitionOf(body)}/${brokerOf(body)}`
      if (!all.has(place)) {
        all.set(place, await brokers.holdFollower(params.topic!, partitionOf(body), brokerOf(body)))
      }
      return brokers.replicas(params.topic!, partitionOf(body))
    },
  },
  {
    method: 'DELETE',
    path: 'topics/:topic/held',
    summary: 'Has all followers of a topic copy again',
    run: async (kit, { params }) => {
      const all = held.get(clusterOf(kit))
      for (const [place, hold] of all ?? []) {
        if (place.slice(0, place.lastIndexOf('-')) !== params.topic) continue
        all!.delete(place)
        await hold[Symbol.asyncDispose]()
      }
    },
  },
  ...(['group', 'transaction'] as const).flatMap((what): Word[] => [
    {
      method: 'GET',
      path: `${what}s/:id/coordinator`,
      summary: `The broker that is the coordinator of a ${what}; -1 where there is none`,
      run: (kit, { params }) => ({ broker: clusterOf(kit)[what](params.id!).coordinator() }),
    },
    {
      method: 'POST',
      path: `${what}s/:id/coordinator`,
      summary: `Has another broker be the coordinator of a ${what}`,
      body: { broker },
      run: async (kit, { params, body }) => {
        await clusterOf(kit)[what](params.id!).moveCoordinator(brokerOf(body))
        return { broker: clusterOf(kit)[what](params.id!).coordinator() }
      },
    },
  ]),
]

function clusterOf({ brokers }: Kit): Brokers {
  if (brokers !== null) return brokers
  throw new WordError(
    400,
    'this is a broker alone; a cluster is started with brokers (ottla start --testing --brokers 3)',
  )
}

function brokerIn(kit: Kit, id: string): TestBroker {
  const found = clusterOf(kit).all.find(({ nodeId }) => String(nodeId) === id)
  if (found === undefined) throw new WordError(404, `there is no broker ${id}`)
  return found
}

function told({ nodeId, isRunning, bootstrap }: TestBroker) {
  return { nodeId, isRunning, bootstrap }
}

function brokerOf(body: WordCall['body']): number {
  const id = numberIn(body, 'broker')
  if (id === undefined) throw new WordError(400, 'broker is missing')
  return id
}

function partitionOf(body: WordCall['body']): number {
  const index = numberIn(body, 'partition') ?? 0
  if (Number.isInteger(index) && index >= 0) return index
  throw new WordError(400, `partition is ${index}; it takes a number from 0 on`)
}
