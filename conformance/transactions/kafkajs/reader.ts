/** Reads topics from their beginnings with kafkajs, what is committed alone, and prints each record as `topic-partition offset value`. */
import { holdLifeline, impatient } from './client.ts'

const [bootstrap, requestTimeoutMs, ...topics] = process.argv.slice(2) as [string, string, ...string[]]
holdLifeline()
const client = impatient(bootstrap, requestTimeoutMs)
const consumer = await client.consumer(client.name(`reader-${Date.now()}`), { retry: { retries: 30 } })
// It commits nothing, and so begins anew whenever it has to join again.
consumer.on(consumer.events.GROUP_JOIN, () => process.stdout.write('session\n'))
consumer.on(consumer.events.CRASH, ({ payload }) => {
  if (!payload.restart) process.exit(3)
})
await consumer.subscribe({ topics, fromBeginning: true })
await consumer.run({
  autoCommit: false,
  eachBatch: async ({ batch: { topic, partition, messages }, resolveOffset, isRunning, isStale }) => {
    if (!isRunning() || isStale()) return
    process.stdout.write(messages.map(({ offset, value }) => `${topic}-${partition} ${offset} ${value}\n`).join(''))
    const last = messages.at(-1)
    if (last !== undefined) resolveOffset(last.offset)
  },
})
