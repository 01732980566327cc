/** Clients that have quotas: what they are told when they have had enough. Times are told in whole seconds, as brokers are not equally quick. */
import { Client, ClientError } from '../../lib/client/client.ts'
import { AlterClientQuotas } from '../../protocol/messages/alter-client-quotas.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { CreatePartitions } from '../../protocol/messages/create-partitions.ts'
import { CreateTopics } from '../../protocol/messages/create-topics.ts'
import { DeleteTopics } from '../../protocol/messages/delete-topics.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import type { Api, ClientRequestOf, ClientResponseOf } from '../../protocol/schema.ts'
import { type Loose, type Session, wholeRequest } from '../session.ts'
import { batchOf, type Case, saysMore } from './case.ts'

type Values = Readonly<Record<string, number>>

/** Sets quotas, runs something, and takes them away again, also where it fails. */
async function withQuota(
  session: Session,
  entityType: string,
  entityName: string,
  values: Values,
  run: () => Promise<void>,
) {
  const entity = [{ entityType, entityName }]
  const alter = (remove: boolean) =>
    session.prepare(AlterClientQuotas, 1, {
      entries: [{ entity, ops: Object.entries(values).map(([key, value]) => ({ key, value, remove })) }],
      validateOnly: false,
    })
  await alter(false)
  try {
    // Brokers take quotas over a little later than they answer.
    await new Promise(resolve => setTimeout(resolve, 500))
    await run()
  } finally {
    await alter(true)
  }
}

/** One request on a connection of its own, as it would rest for as long as it is throttled. */
async function ask<A extends Api>(
  session: Session,
  clientId: string,
  api: A,
  version: number,
  request: Loose<ClientRequestOf<A>>,
): Promise<ClientResponseOf<A>> {
  const client = await Client.connect({ host: session.host, port: session.port, clientId })
  try {
    return await client.send(api, version, wholeRequest(api, request))
  } finally {
    await client.close()
  }
}

function secondsOf({ throttleTimeMs }: { readonly throttleTimeMs: number }): number {
  return Math.round(throttleTimeMs / 1_000)
}

/** For what goes down while a case runs. */
function tensOfSeconds({ throttleTimeMs }: { readonly throttleTimeMs: number }): number {
  return 10 * Math.round(throttleTimeMs / 10_000)
}

function tell(session: Session, api: Api, version: number, label: string, answer: unknown): void {
  session.exchanges.push({ api: api.name, version, label, answer })
}

async function bytes(session: Session): Promise<void> {
  const topic = await session.topic(`${session.run}-held`)
  const clientId = `${session.run}-bytes`
  const produce = async (size: number, label: string) => {
    const records = batchOf(['x'.repeat(size)])
    const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
    const answer = await ask(session, clientId, Produce, 9, { acks: -1, timeoutMs: 10_000, topicData })
    const { errorCode } = answer.responses[0]!.partitionResponses[0]!
    tell(session, Produce, 9, label, { errorCode, seconds: secondsOf(answer) })
  }
  await withQuota(session, 'client-id', clientId, { producer_byte_rate: 1_000 }, async () => {
    await produce(5_000, 'below the quota')
    await produce(7_000, 'two seconds above')
    await produce(3_000, 'five seconds above')
  })
  for (let index = 0; index < 3; index++) await produce(4_000, 'without a quota')
  const fetch = async (label: string) => {
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_048_576 }]
    const answer = await ask(session, clientId, Fetch, 11, {
      ...{ replicaId: -1, maxWaitMs: 0, minBytes: 1, maxBytes: 52_428_800, isolationLevel: 0, sessionId: 0 },
      ...{ sessionEpoch: -1, topics: [{ topic, partitions }] },
    })
    const records = answer.responses[0]?.partitions[0]?.records
    tell(session, Fetch, 11, label, {
      ...{ errorCode: answer.errorCode, topics: answer.responses.length, bytes: records?.length ?? 0 },
      seconds: secondsOf(answer),
    })
  }
  await withQuota(session, 'client-id', clientId, { consumer_byte_rate: 1_000 }, async () => {
    await fetch('as much as a quota allows')
    await fetch('more than it allows')
    await fetch('again')
  })
}

async function mutations(session: Session): Promise<void> {
  const clientId = `${session.run}-mutations`
  const create = async (version: number, name: string, numPartitions: number, validateOnly = false) => {
    const topics = [{ name: `${session.run}-${name.replaceAll(' ', '-')}`, numPartitions, replicationFactor: 1 }]
    const answer = await ask(session, clientId, CreateTopics, version, { topics, timeoutMs: 10_000, validateOnly })
    const { errorCode, errorMessage } = answer.topics[0]!
    tell(session, CreateTopics, version, `${name}, ${numPartitions} partitions`, {
      ...{ errorCode, errorMessage, seconds: tensOfSeconds(answer) },
    })
  }
  await withQuota(session, 'client-id', clientId, { controller_mutation_rate: 0.1 }, async () => {
    await create(6, 'within the burst', 1)
    await create(6, 'beyond it', 15)
    await create(6, 'refused', 1)
    await create(6, 'refused where it is only validated', 1, true)
    await create(6, 'in/valid', 1)
    await create(5, 'made for who does not know', 1)
    for (const version of [3, 2]) {
      const topics = [{ name: `${session.run}-within-the-burst`, count: 2, assignments: null }]
      const answer = await ask(session, clientId, CreatePartitions, version, { topics, timeoutMs: 10_000 })
      const { errorCode } = answer.results[0]!
      tell(session, CreatePartitions, version, 'above the quota', { errorCode, seconds: tensOfSeconds(answer) })
    }
    for (const version of [5, 4]) {
      const topicNames = [`${session.run}-beyond-it`]
      const answer = await ask(session, clientId, DeleteTopics, version, { topicNames, timeoutMs: 10_000 })
      const { errorCode } = answer.responses[0]!
      tell(session, DeleteTopics, version, 'above the quota', { errorCode, seconds: tensOfSeconds(answer) })
    }
  })
}

async function time(session: Session): Promise<void> {
  const clientId = `${session.run}-time`
  await withQuota(session, 'client-id', clientId, { request_percentage: 0.000_01 }, async () => {
    const answer = await ask(session, clientId, Metadata, 9, { topics: [] })
    tell(session, Metadata, 9, 'a second at the most', { seconds: secondsOf(answer) })
  })
}

async function connections(session: Session): Promise<void> {
  await withQuota(session, 'ip', session.host, { connection_creation_rate: 1 }, async () => {
    const come = async () => {
      const client = await Client.connect({ host: session.host, port: session.port })
      try {
        await client.send(ApiVersions, 0, wholeRequest(ApiVersions, {}))
        return true
      } catch (error) {
        if (error instanceof ClientError) return false
        throw error
      } finally {
        await client.close()
      }
    }
    const came = (await Promise.all(Array.from({ length: 60 }, come))).filter(Boolean).length
    tell(session, ApiVersions, 0, 'ten at once, and not many more', { tenCame: came >= 10, allCame: came === 60 })
  })
}

export const heldCases: readonly Case[] = [
  { name: 'quotas: held to bytes', run: bytes },
  { name: 'quotas: held to changes of topics', run: mutations, differs: [saysMore('CreateTopics v6 refused*')] },
  { name: 'quotas: held to time', run: time },
  { name: 'quotas: held to connections of an address', run: connections },
]
