/** A transactional producer of kafkajs that does what each line of its input says; ../puppet.ts says which there are. */
import { createInterface } from 'node:readline'
import type { Producer, Transaction } from 'kafkajs'
import { impatient, told } from './client.ts'

const [bootstrap, requestTimeoutMs] = process.argv.slice(2) as [string, string]
const client = impatient(bootstrap, requestTimeoutMs)
let producer: Producer | null = null
/** kafkajs asks for its producer id with the first transaction, and is asked for it here before. */
let transaction: Transaction | null = null
let isBegun = false

async function carryOut([verb, ...words]: readonly string[]): Promise<void> {
  if (verb === 'init') {
    await producer?.disconnect().catch(() => {})
    const [transactionalId, timeoutMs] = words as [string, string]
    const options = { transactionalId, transactionTimeout: Number(timeoutMs), maxInFlightRequests: 1 }
    producer = await client.producer(options)
    transaction = await producer.transaction()
    isBegun = false
  } else if (verb === 'begin') {
    if (transaction === null || isBegun) transaction = await producer!.transaction()
    isBegun = true
  } else if (verb === 'send') {
    const [topic, ...records] = words as [string, ...string[]]
    const messages = records.map(record => {
      const [, partition, key = null, value] = /^(\d+)(?:\/([^=]*))?=(.*)$/s.exec(record)!
      return { partition: Number(partition), key, value: value! }
    })
    await transaction!.send({ topic, messages })
  } else if (verb === 'commit') {
    await transaction!.commit()
    transaction = null
  } else if (verb === 'abort') {
    await transaction!.abort()
    transaction = null
  } else {
    throw new Error(`there is no ${verb}`)
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await carryOut(line.split(' ')).then(
    () => 'ok',
    error => `error ${told(error)}`,
  )
  process.stdout.write(`${answer}\n`)
}
process.exit(0)
