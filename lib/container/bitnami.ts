/** What only Bitnami's image does: values in files, users and passwords, and certificates at places of its own. */
import { members } from '../config/java-text.ts'
import { quoted } from '../security/jaas.ts'
import type { Findings } from './findings.ts'
import { type NamedProtocol, protocolsOf, speaksSasl, speaksTls } from './listeners.ts'
import { jaasName } from './security.ts'

type Variables = Readonly<Record<string, string>>
type Read = (path: string) => string | null

/** Variables whose value may stand in a file that the same name with `_FILE` names; no others. */
const readFromFiles: readonly string[] = [
  'KAFKA_MOUNTED_CONF_DIR',
  'KAFKA_CLUSTER_ID',
  'KAFKA_KRAFT_CLUSTER_ID',
  'KAFKA_INITIAL_CONTROLLERS',
  'KAFKA_SKIP_KRAFT_STORAGE_INIT',
  'KAFKA_CFG_SASL_ENABLED_MECHANISMS',
  'KAFKA_CLIENT_LISTENER_NAME',
  'KAFKA_OPTS',
  'KAFKA_ZOOKEEPER_PROTOCOL',
  'KAFKA_ZOOKEEPER_PASSWORD',
  'KAFKA_ZOOKEEPER_USER',
  'KAFKA_ZOOKEEPER_TLS_KEYSTORE_PASSWORD',
  'KAFKA_ZOOKEEPER_TLS_TRUSTSTORE_PASSWORD',
  'KAFKA_ZOOKEEPER_TLS_TRUSTSTORE_FILE',
  'KAFKA_ZOOKEEPER_TLS_VERIFY_HOSTNAME',
  'KAFKA_ZOOKEEPER_TLS_TYPE',
  'KAFKA_INTER_BROKER_USER',
  'KAFKA_INTER_BROKER_PASSWORD',
  'KAFKA_CONTROLLER_USER',
  'KAFKA_CONTROLLER_PASSWORD',
  'KAFKA_CERTIFICATE_PASSWORD',
  'KAFKA_TLS_TRUSTSTORE_FILE',
  'KAFKA_TLS_TYPE',
  'KAFKA_TLS_CLIENT_AUTH',
  'KAFKA_CLIENT_USERS',
  'KAFKA_CLIENT_PASSWORDS',
  'KAFKA_HEAP_OPTS',
]

/** The variables with the values of those files in the place of the names of files. One that cannot be read is told, and left out. */
export function withFileValues(variables: Variables, read: Read, findings: Findings): Record<string, string> {
  const all: Record<string, string> = { ...variables }
  for (const name of readFromFiles) {
    const path = variables[`${name}_FILE`]
    if (!path) continue
    delete all[`${name}_FILE`]
    const text = read(path)
    if (text === null)
      findings.warnings.push(
        `${name}_FILE names ${path}, which is not there or may not be read; ${name} is left as it is`,
      )
    else all[name] = text.replace(/\n+$/, '')
  }
  return all
}

/** Users, passwords and certificates, where listeners speak SASL or TLS. */
export function secureAsBitnami(findings: Findings, variables: Variables, read: Read): void {
  const listeners = protocolsOf(findings)
  if (listeners.some(speaksTls)) useCertificates(findings, variables, read)
  for (const { name } of listeners.filter(speaksTls)) {
    const variable = `KAFKA_TLS_${name}_CLIENT_AUTH`
    if (variables[variable]) {
      findings.setIfNew(`listener.name.${name.toLowerCase()}.ssl.client.auth`, variables[variable], variable)
    }
  }
  if (listeners.some(speaksSasl)) {
    findings.setIfNew('sasl.enabled.mechanisms', 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512', "Bitnami's default")
    useLogins(findings, variables, listeners.filter(speaksSasl))
  }
}

/** The members of Bitnami's lists of users and passwords. */
function membersOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter(member => member !== '')
}

function useLogins(findings: Findings, variables: Variables, listeners: readonly NamedProtocol[]): void {
  const users = membersOf(variables.KAFKA_CLIENT_USERS || variables.KAFKA_BROKER_USER || 'user')
  const passwords = membersOf(variables.KAFKA_CLIENT_PASSWORDS || variables.KAFKA_BROKER_PASSWORD || 'bitnami')
  if (users.length !== passwords.length) {
    findings.errors.push(
      `KAFKA_CLIENT_USERS has ${users.length} and KAFKA_CLIENT_PASSWORDS ${passwords.length} members: give each user one password`,
    )
    return
  }
  const interBroker = (findings.get('inter.broker.listener.name') ?? 'INTERNAL').toUpperCase()
  const controllers = members(findings.get('controller.listener.names') ?? 'CONTROLLER').map(name => name.toUpperCase())
  for (const { name } of listeners) {
    const role = name === interBroker ? 'broker' : controllers.includes(name) ? 'controller' : 'client'
    const own = role === 'controller' ? 'sasl.mechanism.controller.protocol' : 'sasl.enabled.mechanisms'
    const mechanisms = members(findings.get(own) ?? 'PLAIN')
    if (role === 'controller') {
      findings.setIfNew(
        `listener.name.${name.toLowerCase()}.sasl.enabled.mechanisms`,
        mechanisms.join(','),
        "Bitnami's rule",
      )
    }
    for (const mechanism of mechanisms) {
      const login = loginText(mechanism, role, variables, users, passwords)
      if (login !== null) findings.setIfNew(jaasName(name, mechanism), login, 'KAFKA_CLIENT_USERS')
    }
  }
}

function loginText(
  mechanism: string,
  role: 'broker' | 'controller' | 'client',
  variables: Variables,
  users: readonly string[],
  passwords: readonly string[],
): string | null {
  const isPlain = mechanism === 'PLAIN'
  if (!isPlain && !mechanism.startsWith('SCRAM-')) return null
  const words = [`org.apache.kafka.common.security.${isPlain ? 'plain.Plain' : 'scram.Scram'}LoginModule required`]
  const known = role === 'controller' ? [] : users.map((user, index) => [user, passwords[index]])
  if (role !== 'client') {
    const prefix = role === 'broker' ? 'KAFKA_INTER_BROKER' : 'KAFKA_CONTROLLER'
    const user = variables[`${prefix}_USER`] || (role === 'broker' ? 'user' : 'controller_user')
    const password = variables[`${prefix}_PASSWORD`] || 'bitnami'
    words.push(`username=${quoted(user)} password=${quoted(password)}`)
    if (!known.some(([name]) => name === user)) known.push([user, password])
  }
  // Kafka's own module of SCRAM takes no users; ours does, so that they are there without a formatting.
  words.push(...known.map(([user, password]) => `user_${user}=${quoted(password!)}`))
  return `${words.join(' ')};`
}

/** Where certificates may be mounted, the first that is there counts. */
const certificateDirectories = (mounted: string) => ['/opt/bitnami/kafka/config/certs', `${mounted}/certs`]

function useCertificates(findings: Findings, variables: Variables, read: Read): void {
  const type = (variables.KAFKA_TLS_TYPE || 'JKS').toUpperCase()
  const extension = type === 'PEM' ? 'pem' : 'jks'
  const directories = certificateDirectories(variables.KAFKA_MOUNTED_CONF_DIR || '/bitnami/kafka/config')
  const find = (name: string): string | null =>
    directories.map(directory => `${directory}/${name}`).find(path => read(path) !== null) ?? null
  const set = (property: string, value: string, origin: string) => findings.setIfNew(property, value, origin)
  set('ssl.client.auth', variables.KAFKA_TLS_CLIENT_AUTH || 'required', 'KAFKA_TLS_CLIENT_AUTH')
  set('ssl.keystore.type', type, 'KAFKA_TLS_TYPE')
  set('ssl.truststore.type', type, 'KAFKA_TLS_TYPE')
  const password = variables.KAFKA_CERTIFICATE_PASSWORD
  if (password) set('ssl.key.password', password, 'KAFKA_CERTIFICATE_PASSWORD')
  const named = variables.KAFKA_TLS_TRUSTSTORE_FILE
  const trust = named && read(named) !== null ? named : find(`kafka.truststore.${extension}`)
  const keystore = find(`kafka.keystore.${extension}`)
  const key = type === 'PEM' ? find('kafka.keystore.key') : keystore
  const given = ['ssl.keystore.location', 'ssl.keystore.key'].some(property => findings.get(property) !== undefined)
  if (!given && (keystore === null || key === null || trust === null)) {
    const names = type === 'PEM' ? 'kafka.keystore.pem, kafka.keystore.key and' : 'kafka.keystore.jks and'
    findings.errors.push(
      `a listener speaks TLS, and there are no ${names} kafka.truststore.${extension} in ${directories.join(' or ')}; mount them there, or change KAFKA_CFG_LISTENER_SECURITY_PROTOCOL_MAP`,
    )
    return
  }
  if (keystore === null || key === null || trust === null) return
  if (type === 'PEM') {
    set('ssl.keystore.key', read(key)!, key)
    set('ssl.keystore.certificate.chain', read(keystore)!, keystore)
    set('ssl.truststore.certificates', read(trust)!, trust)
    return
  }
  set('ssl.keystore.location', keystore, keystore)
  set('ssl.truststore.location', trust, trust)
  if (password) {
    set('ssl.keystore.password', password, 'KAFKA_CERTIFICATE_PASSWORD')
    set('ssl.truststore.password', password, 'KAFKA_CERTIFICATE_PASSWORD')
  }
}
