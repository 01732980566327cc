/** The topic of a check of health at a broker that has none of its own for it: made, and deleted at the end. */
import { codes } from '../../protocol/errors.ts'
import { CreateTopics } from '../../protocol/messages/create-topics.ts'
import { DeleteTopics } from '../../protocol/messages/delete-topics.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import type { BrokerAddress, Connection } from '../client/connections.ts'
import { AdminError } from './admin-error.ts'

type Connect = (address: BrokerAddress) => Promise<Connection>

/** Rejects with AdminError. */
export async function makeCheckTopic(
  first: Connection,
  name: string,
  timeoutMs: number,
  connect: Connect,
): Promise<void> {
  const controller = await controllerOf(first, connect)
  const { topics } = await controller.ask(CreateTopics, version => ({
    timeoutMs,
    // Before version 4 nothing stands for the broker's defaults.
    topics: [{ name, numPartitions: 1, replicationFactor: version >= 4 ? -1 : 1 }],
  }))
  const { errorCode, errorMessage } = topics[0]!
  if (errorCode !== codes.NONE) throw new AdminError(errorCode, errorMessage)
}

export async function deleteCheckTopic(
  first: Connection,
  name: string,
  timeoutMs: number,
  connect: Connect,
): Promise<void> {
  const controller = await controllerOf(first, connect)
  await controller.ask(DeleteTopics, version => ({
    timeoutMs,
    ...(version >= 6 ? { topics: [{ name }] } : { topicNames: [name] }),
  }))
}

async function controllerOf(first: Connection, connect: Connect): Promise<Connection> {
  const { brokers, controllerId } = await first.ask(Metadata, { topics: [], allowAutoTopicCreation: false })
  const controller = brokers.find(({ nodeId }) => nodeId === controllerId)
  return brokers.length <= 1 || controller === undefined ? first : connect(controller)
}
