/** kafkajs by every way into a broker. */
import { readFileSync } from 'node:fs'
import type { KafkaConfig, SASLOptions } from 'kafkajs'
import type { Scenario } from '../scenario.ts'
import { tryAllWays, type Way } from '../ways.ts'
import { Client, collect, type Seen, seenAtLeast } from './kafka.ts'

export const wayScenarios: readonly Scenario[] = [
  { name: 'the four protocols, each mechanism, good and bad', run: () => tryAllWays('kafkajs', tryWay) },
]

async function tryWay({ protocol, mechanism, bootstrap, user, password, authority, topic }: Way): Promise<string> {
  const options: Partial<KafkaConfig> = { retry: { initialRetryTime: 50, retries: 1 } }
  if (protocol.endsWith('SSL')) options.ssl = { ca: [readFileSync(authority, 'utf8')] }
  if (mechanism !== 'none') {
    options.sasl = { mechanism: mechanism.toLowerCase(), username: user, password } as SASLOptions
  }
  const client = new Client(bootstrap, options)
  try {
    const producer = await client.producer()
    await producer.send({ topic, messages: [{ value: 'hello' }] })
    const seen: Seen[] = []
    await collect(await client.consumer(client.name('group')), [topic], seen)
    await seenAtLeast(seen, 1)
    return seen[0]!.value ?? 'nothing'
  } catch (error) {
    return `refused: ${(error as Error).message}`
  } finally {
    await client.close()
  }
}
