/** Where logs end that other brokers lead: asked of their leaders, for the lag of groups that are coordinated here. */
import { codes } from '../../protocol/errors.ts'
import { ListOffsets } from '../../protocol/messages/list-offsets.ts'
import { ClientError } from '../client/client.ts'
import type { Ends } from '../metrics/lag/lag-watch.ts'
import { inPieces } from '../metrics/lag/pieces.ts'
import type { BrokerView } from './view.ts'

/** How long brokers may take to say it. */
const askMsMax = 1_000
const endTimestamp = -1

/** Asks who leads them. Brokers that do not answer in time are left out. */
export async function endsElsewhere(
  { cluster, peers, nodeId, clocks }: BrokerView,
  wanted: ReadonlyMap<string, ReadonlySet<number>>,
): Promise<Ends> {
  const { topics } = cluster.image
  const leaderOf = (topic: string, index: number) => topics.get(topic)?.partitions[index]?.leader ?? -1
  const byLeader = inPieces(wanted, (topic, index) => {
    const leader = leaderOf(topic, index)
    return leader === nodeId ? -1 : leader
  })
  const ends = new Map<string, Map<number, number>>()
  const asked = [...byLeader].map(async ([leader, pieces]) => {
    // One after the other, so that neither broker has much to do at once.
    for (const piece of pieces) {
      const request = {
        ...{ replicaId: -1, isolationLevel: 0, timeoutMs: askMsMax },
        topics: [...piece].map(([name, indexes]) => ({
          name,
          partitions: indexes.map(partitionIndex => ({ partitionIndex, timestamp: endTimestamp })),
        })),
      }
      const answer = await peers.ask(leader, ListOffsets, request)
      for (const { name, partitions } of answer.topics) {
        for (const { partitionIndex, errorCode, offset } of partitions) {
          if (errorCode !== codes.NONE || offset < 0) continue
          ends.set(name, (ends.get(name) ?? new Map<number, number>()).set(partitionIndex, offset))
        }
      }
    }
  })
  const all = Promise.all(asked.map(each => each.catch(unlessUnreachable)))
  await new Promise<void>((resolve, reject) => {
    const timer = clocks.wire.schedule(askMsMax, resolve)
    all.then(
      () => {
        timer.cancel()
        resolve()
      },
      error => {
        timer.cancel()
        reject(error)
      },
    )
  })
  return ends
}

function unlessUnreachable(error: unknown): void {
  if (!(error instanceof ClientError)) throw error
}
