/** Where a client is told to reach brokers: each by the listener that the client came in by. */
import { brokerOf, isFenced } from '../cluster/image.ts'
import type { Context, Endpoint } from './context.ts'

/** A broker as clients are told of it. */
export interface NodeEndpoint extends Endpoint {
  readonly nodeId: number
}

/** A broker that may have been fenced. */
export interface DescribedNode extends NodeEndpoint {
  readonly isFenced: boolean
}

/** Null for a broker that is not there, or does not have this listener. */
export function endpointOf(nodeId: number, { broker, connection }: Context): NodeEndpoint | null {
  // Its own address is as this client reached it, where nothing else is advertised.
  if (nodeId === broker.nodeId) return { nodeId, ...broker.endpointFor(connection) }
  const other = broker.cluster.image.brokers.find(({ id }) => id === nodeId)
  const endpoint = other?.endpoints.find(({ listener }) => listener === connection.listener)
  return endpoint === undefined ? null : { nodeId, host: endpoint.host, port: endpoint.port, rack: other!.rack }
}

/** The brokers that take part, by node id; with those that are fenced, or away and not unregistered, where they are asked for. */
export function allNodes(context: Context, withFenced = false): DescribedNode[] {
  const { nodeId, cluster } = context.broker
  const { brokers, admitted, endpoints } = cluster.image
  const nodes: DescribedNode[] = []
  for (const { id, state } of brokers) {
    if (state === 'fenced' && !withFenced) continue
    const node = endpointOf(id, context)
    if (node !== null) nodes.push({ ...node, isFenced: state === 'fenced' })
  }
  if (withFenced) {
    const { listener } = context.connection
    for (const [id, { rack }] of admitted) {
      const last = brokerOf(cluster.image, id) === undefined ? endpoints.get(id) : undefined
      const at = last?.find(endpoint => endpoint.listener === listener)
      if (at !== undefined) nodes.push({ nodeId: id, host: at.host, port: at.port, rack, isFenced: true })
    }
    nodes.sort((a, b) => a.nodeId - b.nodeId)
  }
  // Nobody but this broker can tell a client where to go on.
  if (nodes.length === 0) nodes.push({ ...endpointOf(nodeId, context)!, isFenced: false })
  return nodes
}

/** Whom administrators are sent to: any broker does what a controller does, so it is this one while the elected one is away. */
export function controllerFor({ broker: { nodeId, cluster } }: Context): number {
  const { image } = cluster
  const { controllerId } = image
  const isThere = image.brokers.some(({ id }) => id === controllerId) && !isFenced(image, controllerId)
  return isThere ? controllerId : nodeId
}
