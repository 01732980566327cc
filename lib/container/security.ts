/** What the images make of certificates, passwords and login files: properties of TLS and SASL. */
import { members } from '../config/java-text.ts'
import { type LoginModule, loginFileIn, moduleFor, parseLoginFile } from '../security/jaas.ts'
import type { Findings } from './findings.ts'
import { protocolsOf, speaksSasl, speaksTls } from './listeners.ts'

type Variables = Readonly<Record<string, string>>
type Read = (path: string) => string | null

/** Where Apache's and Confluent's images look for the files that variables name. */
const secretsDirectory = '/etc/kafka/secrets'

/** `KAFKA_SSL_*_FILENAME` names a store in that directory, `KAFKA_SSL_*_CREDENTIALS` a file with its password. */
const stores = [
  ['KAFKA_SSL_KEYSTORE_FILENAME', 'ssl.keystore.location'],
  ['KAFKA_SSL_TRUSTSTORE_FILENAME', 'ssl.truststore.location'],
] as const
const passwords = [
  ['KAFKA_SSL_KEYSTORE_CREDENTIALS', 'ssl.keystore.password'],
  ['KAFKA_SSL_KEY_CREDENTIALS', 'ssl.key.password'],
  ['KAFKA_SSL_TRUSTSTORE_CREDENTIALS', 'ssl.truststore.password'],
] as const

/** Stores and passwords by their files. One that is not there is an error where a listener needs it. */
export function readSecrets(findings: Findings, variables: Variables, read: Read): void {
  const isNeeded = protocolsOf(findings).some(speaksTls)
  const content = (variable: string): string | null => {
    const path = pathOf(variables[variable])
    const text = read(path)
    if (text === null) {
      const sentence = `${variable} names ${path}, which is not there or may not be read; mount it there, or change ${variable}`
      if (isNeeded) findings.errors.push(sentence)
      else findings.warnings.push(sentence)
    }
    return text
  }
  for (const [variable, property] of stores) {
    if (variables[variable] && content(variable) !== null) findings.set(property, pathOf(variables[variable]), variable)
  }
  for (const [variable, property] of passwords) {
    const password = variables[variable] ? content(variable) : null
    if (password !== null) findings.set(property, password.replace(/\n+$/, ''), variable)
  }
}

function pathOf(fileName: string): string {
  return fileName.startsWith('/') ? fileName : `${secretsDirectory}/${fileName}`
}

/** The login file that `KAFKA_OPTS` names, handed to each listener that speaks SASL and has no login of its own. */
export function readLoginFile(findings: Findings, variables: Variables, read: Read): void {
  const path = loginFileIn(variables.KAFKA_OPTS ?? '')
  if (path === null) return
  const listeners = protocolsOf(findings).filter(speaksSasl)
  const complain = (what: string) => {
    const sentence = `KAFKA_OPTS names the login file ${path}, ${what}`
    if (listeners.length > 0) findings.errors.push(sentence)
    else findings.warnings.push(sentence)
  }
  const text = read(path)
  const sections = text === null ? null : sectionsIn(text)
  if (sections === null) {
    complain('which is not there or may not be read; mount it there, or change KAFKA_OPTS')
    return
  }
  if (sections instanceof SyntaxError) {
    complain(`which is no login file: ${sections.message}; write KafkaServer { CLASS required name="value"; };`)
    return
  }
  if (listeners.length === 0)
    findings.debug.push(`KAFKA_OPTS: no listener speaks SASL, so that nothing is made of ${path}`)
  for (const { name } of listeners) {
    for (const mechanism of mechanismsOf(findings, name)) {
      const module = moduleFor(sections, name, mechanism)
      if (module === null) findings.warnings.push(`${path} has no login for ${mechanism} in its section KafkaServer`)
      else findings.setIfNew(jaasName(name, mechanism), module.text, `KAFKA_OPTS (${path})`)
    }
  }
}

function sectionsIn(text: string): Map<string, LoginModule[]> | SyntaxError {
  try {
    return parseLoginFile(text)
  } catch (error) {
    if (error instanceof SyntaxError) return error
    throw error
  }
}

function mechanismsOf(findings: Findings, listener: string): string[] {
  const own = findings.get(`listener.name.${listener.toLowerCase()}.sasl.enabled.mechanisms`)
  return members(own ?? findings.get('sasl.enabled.mechanisms') ?? 'GSSAPI').filter(mechanism => mechanism !== '')
}

/** The property with the login of a listener for a mechanism. */
export function jaasName(listener: string, mechanism: string): string {
  return `listener.name.${listener.toLowerCase()}.${mechanism.toLowerCase()}.sasl.jaas.config`
}
