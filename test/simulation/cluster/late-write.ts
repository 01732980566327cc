/**
 * A leader asks that another replica count as in sync; until that arrives its lease has ended, another has led, and that one's lease ends, too. So
 * whoever is to lead next does it in an epoch that nobody has led in, unless what was late counts.
 */
import { proposing } from './late-join.ts'
import type { ClusterWorld } from './world.ts'

interface State {
  readonly leader: number
  readonly leaderEpoch: number
}

/** See the head of the file; nothing but the ends of leases where things go another way. */
export async function writeLate(world: ClusterWorld, topic: string): Promise<void> {
  const { nodes, random, store } = world
  const node = nodes[random.int(nodes.length)]!
  world.say(() => `the lease of ${node.id} ends, so that it has to join anew`)
  node.store!.expire(0)
  const proposed = await proposing(world, node, topic)
  if (proposed === null) return
  const { leader, key } = proposed
  world.say(() => `${leader.id} is cut off from the store while it writes that ${node.id} is in sync`)
  const { store: cutStore } = leader
  cutStore!.isCut = true
  const stateOf = async () => JSON.parse((await store.get(key))!.value) as State
  const before = await stateOf()
  cutStore!.expire(1_000 + random.int(2_000))
  const end = world.clock.now() + 10_000
  let after = before
  while (after.leader === before.leader || after.leader < 0) {
    if (world.clock.now() >= end) break
    await world.pass(100)
    after = await stateOf()
  }
  if (after.leader >= 0 && after.leader !== before.leader) {
    // It is to have led, and others to have followed it.
    await world.pass(1_000 + random.int(2_000))
    nodes[after.leader - 1]?.store?.expire(0)
    await world.pass(random.int(200))
  }
  cutStore!.isCut = false
  await world.pass(2_000 + random.int(8_000))
}
