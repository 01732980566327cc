/** Replicas of a topic are held to rates while they are copied (KIP-73), by leaders, by followers or by both, until that is taken off. */
import { configKey, storedConfigs } from '../../../lib/cluster/stored.ts'
import type { ClusterWorld } from './world.ts'

/** Has the settings made; resolves with how to take them off again. */
export async function throttle(world: ClusterWorld, topic: string, partitions: number): Promise<() => Promise<void>> {
  const { nodes, random, store } = world
  const sides = random.int(3) === 0 ? ['leader', 'follower'] : [random.int(2) === 0 ? 'leader' : 'follower']
  const pairs = nodes.flatMap(({ id }) => Array.from({ length: partitions }, (_, index) => `${index}:${id}`))
  const some = pairs.filter(() => random.int(2) === 0).join(',')
  // No batch a second, or many: one that is in sync is given all the same.
  const rate = String(random.int(2) === 0 ? 1 : 20 + random.int(1_000))
  const replicas = random.int(2) === 0 || some === '' ? '*' : some
  world.say(() => `${topic} is held to ${rate} bytes a second, by ${sides.join(' and ')}: ${replicas}`)
  const ofTopic = new Map(sides.map(side => [`${side}.replication.throttled.replicas`, replicas]))
  const ofBroker = new Map(sides.map(side => [`${side}.replication.throttled.rate`, rate]))
  const changes = [
    storedConfigs('topic', topic, ofTopic),
    ...nodes.map(({ id }) => storedConfigs('broker', String(id), ofBroker)),
  ]
  await store.transact({ changes })
  return async () => {
    world.say(() => `${topic} is held to nothing any more`)
    const keys = [configKey('topic', topic), ...nodes.map(({ id }) => configKey('broker', String(id)))]
    // Either would do, and one that forgets is found out by it.
    const taken = random.int(2) === 0 ? keys.slice(0, 1) : keys.slice(1)
    await store.transact({ changes: taken.map(key => ({ key, value: null })) })
  }
}
