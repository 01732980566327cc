/**
 * Consumes, transforms and produces with kafkajs, one transaction for each batch that it is given. kafkajs does not say of which member of a
 * group offsets are, so each partition of the input has a transactional id of its own: who takes a partition over shuts out who had it, and only
 * then asks how far that one came. Whatever it cannot do ends it, and another one goes on from what was committed.
 * Arguments: bootstrap, request time-out, session time-out, group, transactional id, input, output, partitions.
 */
import type { Producer, Transaction } from 'kafkajs'
import { lastValue, legsOf } from '../history.ts'
import { holdLifeline, impatient, told } from './client.ts'

const [bootstrap, requestTimeoutMs, sessionTimeoutMs, group, , input, output, partitionsText] = process.argv.slice(
  2,
) as [string, string, string, string, string, string, string, string]
const partitions = Number(partitionsText)
const transactionTimeout = 5_000
/** Records in one transaction, at the most. */
const recordsMax = 50

/** What this process is to one partition of the input. */
interface Owner {
  readonly producer: Producer
  /** Of which nothing was sent yet: kafkajs asks for its producer id with it. */
  first: Transaction | null
  /** The next offset to be copied. */
  next: number
}

holdLifeline()
const client = impatient(bootstrap, requestTimeoutMs)
const owners = new Map<number, Owner>()

function ends(error: unknown): never {
  console.error(told(error))
  process.exit(3)
}

async function own(partition: number): Promise<Owner> {
  const transactionalId = `${group}-${partition}`
  const producer = await client.producer({ transactionalId, transactionTimeout, maxInFlightRequests: 1 })
  const first = await producer.transaction()
  const [fetched] = await admin.fetchOffsets({ groupId: group, topics: [input] })
  const committed = fetched!.partitions.find(each => each.partition === partition)?.offset ?? '-1'
  const owner = { producer, first, next: Math.max(0, Number(committed)) }
  owners.set(partition, owner)
  return owner
}

const admin = await client.admin()
const consumer = await client.consumer(group, {
  sessionTimeout: Number(sessionTimeoutMs),
  heartbeatInterval: 300,
  retry: { retries: 30 },
})
consumer.on(consumer.events.GROUP_JOIN, () => owners.clear())
consumer.on(consumer.events.CRASH, ({ payload }) => ends(payload.error))
await consumer.subscribe({ topics: [input], fromBeginning: true })
await consumer.run({
  autoCommit: false,
  eachBatch: async ({ batch, resolveOffset, heartbeat, isRunning, isStale }) => {
    if (!isRunning() || isStale()) return
    try {
      const { partition } = batch
      const owner = owners.get(partition) ?? (await own(partition))
      const messages = batch.messages.filter(({ offset }) => Number(offset) >= owner.next)
      for (let at = 0; at < messages.length; at += recordsMax) {
        await copy(owner, partition, messages.slice(at, at + recordsMax))
        await heartbeat()
      }
      resolveOffset(batch.lastOffset())
    } catch (error) {
      // kafkajs joins again by itself.
      if ((error as { type?: string }).type === 'REBALANCE_IN_PROGRESS') throw error
      ends(error)
    }
  },
})

interface Message {
  readonly offset: string
  readonly value: Buffer | null
}

async function copy(owner: Owner, partition: number, messages: readonly Message[]): Promise<void> {
  const transaction = owner.first ?? (await owner.producer.transaction())
  owner.first = null
  const legs = messages.flatMap(({ offset, value }) => {
    if (String(value) === lastValue) return []
    const to = Number(offset) % partitions
    return legsOf(partition, Number(offset), String(value)).map((leg, i) => ({
      partition: (to + i) % partitions,
      value: leg,
    }))
  })
  if (legs.length > 0) await transaction.send({ topic: output, messages: legs })
  const next = Number(messages.at(-1)!.offset) + 1
  const topics = [{ topic: input, partitions: [{ partition, offset: String(next) }] }]
  await transaction.sendOffsets({ consumerGroupId: group, topics })
  await transaction.commit()
  owner.next = next
}
