/** Everything that kafkajs does, against one broker, or several that are one cluster. */
import { startOwnBroker } from '../own-broker.ts'
import { runScenarios, type Scenario } from '../scenario.ts'
import { adminScenarios } from './admin.ts'
import { groupScenarios } from './groups.ts'
import { Client } from './kafka.ts'
import { loginScenarios } from './logins.ts'
import { produceScenarios } from './produce.ts'
import { transactionScenarios } from './transactions.ts'
import { wayScenarios } from './ways.ts'

/** What any broker or cluster is to do; the client is closed behind each. */
export function kafkajsScenarios(client: Client): Scenario[] {
  return [
    ...produceScenarios(client),
    ...transactionScenarios(client),
    ...groupScenarios(client),
    ...adminScenarios(client),
  ].map(scenario => ({ ...scenario, run: () => scenario.run().finally(() => client.close()) }))
}

/** Answers how many scenarios failed. A word as the rest of the command line runs only the scenarios that hold it. */
export async function kafkajs(options: { bootstrap: string | undefined; rest: readonly string[] }): Promise<number> {
  const own = options.bootstrap === undefined ? await startOwnBroker() : undefined
  const client = new Client(options.bootstrap ?? own!.bootstrap)
  const [word = ''] = options.rest
  try {
    const ownOnly = own === undefined ? [] : [...loginScenarios, ...wayScenarios]
    const chosen = [...kafkajsScenarios(client), ...ownOnly].filter(({ name }) => name.includes(word))
    return await runScenarios(`kafkajs against ${client.bootstrap}`, chosen)
  } finally {
    await client.close()
    await own?.stop()
  }
}
