/** Settings of brokers that ask who somebody is, and what that may do, as Apache Kafka has to be told them. */

/** There is an authorizer. */
export const authorizes = { 'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer' }

/** The same, where the clients that do not log in may do everything. */
export const authorizesNobody = { ...authorizes, 'super.users': 'User:ANONYMOUS' }

/** How the broker logs in to itself, and who may log in by PLAIN. */
export function plainJaas(admin: string, password: string, others: Readonly<Record<string, string>>): string {
  const users = Object.entries({ [admin]: password, ...others }).map(([name, secret]) => `user_${name}="${secret}"`)
  const module = 'org.apache.kafka.common.security.plain.PlainLoginModule'
  return `${module} required username="${admin}" password="${password}" ${users.join(' ')};`
}

/** The only listener of a broker takes logins by PLAIN and by SCRAM; Kafka's controller has one of its own. */
export function takesLogins(jaas: string, scramMechanisms: readonly string[]): Record<string, string> {
  const scram = scramMechanisms.map(name => [
    `listener.name.plaintext.${name.toLowerCase()}.sasl.jaas.config`,
    'org.apache.kafka.common.security.scram.ScramLoginModule required;',
  ])
  return {
    'listener.security.protocol.map': 'PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'sasl.enabled.mechanisms': ['PLAIN', ...scramMechanisms].join(','),
    'listener.name.plaintext.plain.sasl.jaas.config': jaas,
    ...Object.fromEntries(scram),
  }
}
