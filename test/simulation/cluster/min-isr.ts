/**
 * All replicas of a partition go one after the other, and lose nothing: they are stopped as their users would, or stand still, and their leases end. So
 * who goes while too few are in sync stays eligible (KIP-966), and one of those leads when it is back, before who led last is.
 */
import { hostOf, type Node } from './node.ts'
import type { ClusterWorld } from './world.ts'

export interface MinIsrOptions {
  readonly topicId: string
  readonly index: number
  /** Everybody who talks to brokers. */
  readonly hosts: readonly string[]
  start(node: Node): Promise<void>
}

interface State {
  readonly leader: number
  readonly isr: readonly number[]
}

/** See the head of the file; nothing where the partition has no leader to begin with. */
export async function loseMinIsr(world: ClusterWorld, { topicId, index, hosts, start }: MinIsrOptions): Promise<void> {
  const { random, nodes, store } = world
  const entry = await store.get(`partitions/${topicId}/${index}`)
  if (entry === null) return
  const { leader, isr } = JSON.parse(entry.value) as State
  const followers = isr.filter(id => id !== leader)
  const order = [...followers, leader].map(id => nodes[id - 1]!).filter(node => node?.isUp)
  if (order.length < 2) return
  world.say(() => `${order.map(({ id }) => id)} go one after the other, who lead and follow partition ${index}`)
  const back: (() => Promise<void>)[] = []
  for (const node of order) {
    if (random.int(2) === 0) {
      await world.passing(node.stop(), `stop of ${node.id}`)
      back.push(() => start(node))
    } else {
      node.store!.expire(0)
      node.pause()
      world.block(
        node,
        hosts.filter(host => host !== hostOf(node.id)),
      )
      back.push(async () => {
        world.unblock(
          node,
          hosts.filter(host => host !== hostOf(node.id)),
        )
        node.goOn()
      })
    }
    await world.pass(500 + random.int(2_000))
  }
  // The leader, which was the last to go, is the last to come back.
  for (const one of back.slice(0, -1).reverse()) {
    await one()
    await world.pass(2_000 + random.int(8_000))
  }
  await back.at(-1)!()
  await world.pass(random.int(4_000))
}
