/** A broker goes, for longer than its lease or not, and may be unregistered by another one then. */
import type { Client } from '../../../lib/client/client.ts'
import { codes } from '../../../protocol/errors.ts'
import { UnregisterBroker } from '../../../protocol/messages/unregister-broker.ts'
import type { Node } from './node.ts'
import type { ClusterWorld } from './world.ts'

export interface GoAwayOptions {
  /** Whether a broker may lose what its disk has not. */
  mayTear(node: Node): Promise<boolean>
  connect(id: number): Promise<Client>
}

/** See the head of the file; all brokers are there when it is called. */
export async function goAway(
  world: ClusterWorld,
  { mayTear, connect }: GoAwayOptions,
): Promise<{ readonly node: Node; readonly isUnregistered: boolean }> {
  const { nodes, random } = world
  const node = nodes[random.int(nodes.length)]!
  if (random.int(2) === 0) await world.passing(node.stop(), `stop of ${node.id}`)
  else node.kill((await mayTear(node)) && random.int(2) === 0)
  // Others may not have noticed yet.
  await world.pass(random.int(15_000))
  if (random.int(3) > 0) return { node, isUnregistered: false }
  const by = nodes.find(each => each !== node)!
  const client = await world.passing(connect(by.id), 'a connection')
  const { errorCode } = await world.passing(client.send(UnregisterBroker, 0, { brokerId: node.id }), 'an answer')
  await client.close()
  const isUnregistered = errorCode === codes.NONE
  world.say(() => `${node.id} is ${isUnregistered ? '' : 'not '}unregistered by ${by.id}: ${errorCode}`)
  return { node, isUnregistered }
}
