/** The brokers that are asked: one of our own, and Apache Kafka, each with an authorizer and a user for each set of rules. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret } from '../../lib/base/secret.ts'
import { Client } from '../../lib/client/client.ts'
import { authorizes, plainJaas } from '../cases/security-settings.ts'
import { fetchKafka, startKafka } from '../kafka.ts'
import { startOwnBroker } from '../own-broker.ts'
import type { Population } from './askers.ts'

const password = 'secret'
const administrator = 'admin'

function jaasOf({ askers }: Population): string {
  return plainJaas(administrator, password, Object.fromEntries(askers.map(({ user }) => [user, password])))
}

const settings = {
  ...authorizes,
  'sasl.enabled.mechanisms': 'PLAIN',
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.num.partitions': '1',
  'group.initial.rebalance.delay.ms': '0',
  // For InitProducerId of transactions in two phases.
  'unstable.api.versions.enable': 'true',
  'transaction.two.phase.commit.enable': 'true',
}

/** A broker that was started for the questions. */
export interface Asked {
  readonly bootstrap: string
  stop(): Promise<unknown>
}

export function startOurs(population: Population): Promise<Asked> {
  const sets = Object.entries({
    ...settings,
    ...population.settings,
    listeners: 'SASL_PLAINTEXT://127.0.0.1:0',
    'plain.sasl.jaas.config': jaasOf(population),
    'super.users': `User:${administrator}`,
    'log.initial.task.delay.ms': '86400000',
  })
  return startOwnBroker(['--ephemeral', '--set', ...sets.map(([name, value]) => `${name}=${value}`)])
}

export async function startTheirs(population: Population): Promise<Asked> {
  const missing = fetchKafka()
  if (missing !== null) throw new Error(`there is no Apache Kafka to compare with: ${missing}`)
  return startKafka(
    mkdtempSync(join(tmpdir(), 'kafka-')),
    {
      ...settings,
      ...population.settings,
      'listener.security.protocol.map': 'PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
      'inter.broker.listener.name': 'PLAINTEXT',
      'sasl.mechanism.inter.broker.protocol': 'PLAIN',
      'listener.name.plaintext.plain.sasl.jaas.config': jaasOf(population),
      // Its controller listens without logins.
      'super.users': `User:${administrator};User:ANONYMOUS`,
    },
    { heapMb: 768 },
  )
}

export function connectAs(bootstrap: string, user: string): Promise<Client> {
  const colon = bootstrap.lastIndexOf(':')
  return Client.connect({
    ...{ host: bootstrap.slice(0, colon), port: Number(bootstrap.slice(colon + 1)), clientId: 'conformance' },
    timeoutMs: 20_000,
    login: { mechanism: 'PLAIN', user, password: new Secret(password) },
  })
}
