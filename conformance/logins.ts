/** A broker whose clients log in, and who may: for the scenarios of clients of several kinds. */
import { type OwnBroker, startOwnBroker } from './own-broker.ts'

export const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
export type Mechanism = (typeof mechanisms)[number]

export const user = 'alice'
/** With what has to be escaped somewhere. */
export const password = 'her "own" secret\\'

/** Logins last so long: clients that can renew theirs do so meanwhile. */
const sessionMs = 2_000

/** `alice` may log in by each mechanism. */
export function startBrokerWithLogins(): Promise<OwnBroker> {
  const quoted = `"${password.replace(/["\\]/g, '\\$&')}"`
  const module = (name: string) =>
    `org.apache.kafka.common.security.${name}LoginModule required user_${user}=${quoted};`
  return startOwnBroker([
    ...['--dev', '--ephemeral', '--set', 'listeners=SASL_PLAINTEXT://127.0.0.1:0'],
    ...['--set', `sasl.enabled.mechanisms=${mechanisms.join(',')}`, '--set', `connections.max.reauth.ms=${sessionMs}`],
    ...['--set', `plain.sasl.jaas.config=${module('plain.Plain')}`],
    ...['--set', `scram-sha-256.sasl.jaas.config=${module('scram.Scram')}`],
    ...['--set', `scram-sha-512.sasl.jaas.config=${module('scram.Scram')}`],
  ])
}
