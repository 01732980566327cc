/**
 * A replica catches up; before the cluster has taken it over among those in sync, it loses its power and starts again without some of what it
 * had, and its leader, whose write was on its way all the time, dies as soon as that arrives (KIP-903).
 */
import { hostOf, type Node } from './node.ts'
import type { ClusterWorld } from './world.ts'

export interface LateJoinOptions {
  readonly topic: string
  /** Whether a broker may lose what its disk has not. */
  mayTear(node: Node): Promise<boolean>
  start(node: Node): Promise<void>
}

/** See the head of the file; nothing but the end of a lease where things go another way. */
export async function joinLate(world: ClusterWorld, node: Node, { topic, mayTear, start }: LateJoinOptions) {
  const { nodes, random, store } = world
  world.say(() => `the lease of ${node.id} ends, so that it has to join anew`)
  node.store!.expire(0)
  const leader = (await proposing(world, node, topic))?.leader
  if (leader === undefined) return
  world.say(() => `${leader.id} is cut off from the store while it writes that ${node.id} is in sync`)
  const { store: cutStore } = leader
  cutStore!.isCut = true
  if (await mayTear(node)) {
    node.kill(true)
    for (const other of nodes) if (other !== node) world.network.block(hostOf(node.id), hostOf(other.id))
    const before = (await store.get(`starts/${node.id}`))?.revision
    await start(node)
    for (let tries = 0; tries < 20 && (await store.get(`starts/${node.id}`))?.revision === before; tries++) {
      await world.pass(100)
    }
    await world.pass(200 + random.int(2_000))
    cutStore!.isCut = false
    await world.pass(100 + random.int(200))
    if (leader.isUp && leader.store === cutStore) leader.kill(false)
    for (const other of nodes) if (other !== node) world.network.unblock(hostOf(node.id), hostOf(other.id))
    await world.pass(random.int(10_000))
  }
  cutStore!.isCut = false
}

/** A leader that asks for a replica to be in sync, and where the store has what it asks to change. */
export interface Proposed {
  readonly leader: Node
  readonly key: string
}

/** Who asks for it to be in sync; null where that does not happen within a while. */
export async function proposing(world: ClusterWorld, node: Node, topic: string): Promise<Proposed | null> {
  const end = world.clock.now() + 15_000
  while (world.clock.now() < end) {
    for (const each of world.nodes) {
      if (each === node || !each.isUp) continue
      for (const partition of each.services?.partitions.ofTopic(topic) ?? []) {
        if (!partition?.isLeader || partition.standing !== 'online' || !partition.isLoaded) continue
        // Throws where its broker is no member any more.
        try {
          const { leading } = partition
          if (!leading.isr.includes(node.id) && leading.mayBeInSync(node.id)) {
            return { leader: each, key: `partitions/${partition.topicId}/${partition.index}` }
          }
        } catch {}
      }
    }
    await world.step(end)
  }
  return null
}
