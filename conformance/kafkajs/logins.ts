/** kafkajs logs in by SASL: each mechanism, and what it is told where it is not let in. */
import assert from 'node:assert/strict'
import type { SASLOptions } from 'kafkajs'
import { type Mechanism, mechanisms, password, startBrokerWithLogins, user } from '../logins.ts'
import type { Scenario } from '../scenario.ts'
import { Client, collect, type Seen, seenAtLeast } from './kafka.ts'

export const loginScenarios: readonly Scenario[] = mechanisms.map(mechanism => ({
  name: `logs in by ${mechanism}, and not with a wrong password`,
  run: () => logsIn(mechanism),
}))

async function logsIn(mechanism: Mechanism): Promise<undefined> {
  const broker = await startBrokerWithLogins()
  const as = (username: string, secret: string) => {
    const sasl = { mechanism: mechanism.toLowerCase(), username, password: secret } as SASLOptions
    return new Client(broker.bootstrap, {
      sasl,
      reauthenticationThreshold: 500,
      retry: { initialRetryTime: 50, retries: 2 },
    })
  }
  const good = as(user, password)
  try {
    const topic = await good.topic('logins')
    const producer = await good.producer()
    const seen: Seen[] = []
    await collect(await good.consumer(good.name('group')), [topic], seen)
    for (let i = 0; i < 10; i++) await producer.send({ topic, messages: [{ value: String(i) }] })
    await seenAtLeast(seen, 10)
    for (const [name, secret] of [
      [user, 'wrong'],
      ['nobody', password],
    ] as const) {
      const bad = as(name, secret)
      await assert.rejects(bad.admin(), { name: 'KafkaJSSASLAuthenticationError' })
      await bad.close()
    }
    return undefined
  } finally {
    await good.close()
    await broker.stop()
  }
}
