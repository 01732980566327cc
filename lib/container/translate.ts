/**
 * A container's environment as the properties of a broker. Whoever used one of the three images sets the same variables here; what has no
 * meaning here is said, and never ends a start.
 */

import { isOfAuthorizer } from '../config/authorizer.ts'
import { BrokerConfig } from '../config/config.ts'
import { nameAdvice, nearestName } from '../config/names.ts'
import { parseProperties } from '../config/properties.ts'
import { startProperties } from '../config/start.ts'
import { ConfigError } from '../config/values.ts'
import { secureAsBitnami, withFileValues } from './bitnami.ts'
import { type Dialect, type DialectName, dialectOf, dialects } from './dialects.ts'
import { Findings, type Setting } from './findings.ts'
import { onAllAddresses } from './listeners.ts'
import { propertyOf, rowOf, variableOf } from './names.ts'
import { readLoginFile, readSecrets } from './security.ts'
import { lineOf, madeHere, valueIn, withoutEmptyMembers } from './text.ts'
import { isOfKubernetes, wordOf } from './words.ts'

/** What a translation is made from. */
export interface Surroundings {
  readonly variables: Readonly<Record<string, string>>
  /** The content of a file; null where it is not there or may not be read. */
  readonly read: (path: string) => string | null
  /** Whose rules hold; where it is left out, the variables tell. */
  readonly dialect?: DialectName
  /** Where the properties are going to be written; a file of the user's that is there counts. The dialect's place by default. */
  readonly outFile?: string
}

export interface Translation {
  readonly dialect: Dialect
  readonly outFile: string
  /** By name: the value, and the variable or file that it comes from. */
  readonly settings: ReadonlyMap<string, Setting>
  /** The id of the cluster that new data directories are to belong to; null where nobody says one. */
  readonly clusterId: string | null
  /** The text of `outFile`. */
  readonly text: string
  readonly warnings: readonly string[]
  readonly debug: readonly string[]
  readonly errors: readonly string[]
}

/** Translates; never throws for what users write. */
export function translate({ variables: given, read, dialect: named, outFile: place }: Surroundings): Translation {
  const findings = new Findings()
  const variables = withFileValues(given, read, findings)
  const dialect = dialects[named ?? dialectOf(given, read)]
  const outFile = place ?? dialect.outFile
  const users = usersFile(outFile, read)
  if (users !== null) takeFile(findings, outFile, users)
  const mountedFile = mountedFileOf(dialect, variables)
  const mounted = mountedFile === null ? null : read(mountedFile)
  if (mounted !== null) takeFile(findings, mountedFile!, mounted)
  if (mounted !== null && dialect.mountedAlone) {
    findings.warnings.push(`${mountedFile} is there, so that no variable sets a property, as in Bitnami's image`)
  } else takeVariables(findings, variables)
  cleanLists(findings)
  deriveListeners(findings, variables)
  if (!(mounted !== null && dialect.mountedAlone)) {
    readSecrets(findings, variables, read)
    readLoginFile(findings, variables, read)
    if (dialect.name === 'bitnami') secureAsBitnami(findings, variables, read)
  }
  if (!findings.settings.has('log.dirs') && !findings.settings.has('log.dir')) {
    findings.set('log.dirs', dialect.dataDirectory, 'the default of the image')
  }
  checkValues(findings)
  return {
    dialect,
    outFile,
    settings: findings.settings,
    clusterId: clusterIdOf(variables, sentence => findings.warnings.push(sentence)),
    text: fileText(findings, users === null),
    warnings: findings.warnings,
    debug: findings.debug,
    errors: findings.errors,
  }
}

/** A file that a user has put where ours goes. */
function usersFile(path: string, read: Surroundings['read']): string | null {
  const text = path === '-' ? null : read(path)
  return text === null || text.startsWith(madeHere) || text.trim() === '' ? null : text
}

function mountedFileOf({ mountedDirectory, mountedAlone }: Dialect, variables: Surroundings['variables']) {
  const directory = (mountedAlone && variables.KAFKA_MOUNTED_CONF_DIR) || mountedDirectory
  return directory === null ? null : `${directory}/server.properties`
}

function takeFile(findings: Findings, path: string, text: string): void {
  for (const [name, value] of Object.entries(parseProperties(text))) findings.set(name, value, path)
}

/** Variables as they come, those with `KAFKA_CFG_` first: Bitnami's image prefers the names without. */
function takeVariables(findings: Findings, variables: Surroundings['variables']): void {
  const fromVariables = new Map<string, string>()
  const ofKubernetes: string[] = []
  const isCfg = (name: string) => name.startsWith('KAFKA_CFG_')
  const names = Object.keys(variables)
    .filter(name => name.startsWith('KAFKA_'))
    .sort()
  for (const variable of [...names.filter(isCfg), ...names.filter(name => !isCfg(name))]) {
    const text = variables[variable]
    if (isOfKubernetes(variable, text)) {
      ofKubernetes.push(variable)
      continue
    }
    const word = wordOf(variable)
    if (word !== undefined) {
      findings[word.level === 'warn' ? 'warnings' : 'debug'].push(`${variable} ${word.note}`)
      continue
    }
    const property = propertyOf(variable)!
    const row = rowOf(property)
    if (row === undefined && !isOfAuthorizer(property)) {
      sayUnknown(findings, variable, property)
      continue
    }
    if (text.trim() === '' && (property === 'listeners' || property === 'advertised.listeners')) {
      findings.debug.push(`${variable} is empty, and so taken as not set`)
      continue
    }
    if (property === 'broker.id' && text.trim() === '-1') {
      findings.debug.push(`${variable} is -1, which leaves the number to the broker`)
      continue
    }
    const other = fromVariables.get(property)
    const value = valueIn(text)
    if (other !== undefined && findings.get(property) !== value) {
      findings.warnings.push(`${other} and ${variable} both set ${property}; ${variable} counts`)
    }
    if (row?.effective === false) findings.debug.push(`${variable} is accepted, and ${property} has no effect here`)
    findings.set(property, value, variable)
    fromVariables.set(property, variable)
  }
  if (ofKubernetes.length > 0) {
    findings.warnings.push(
      `${ofKubernetes.join(', ')} ${ofKubernetes.length === 1 ? 'is' : 'are'} ignored: Kubernetes sets such names for a service called kafka; enableServiceLinks: false keeps them away`,
    )
  }
}

function sayUnknown(findings: Findings, variable: string, property: string): void {
  const advice = nameAdvice(property)
  if (advice === null) findings.debug.push(`${variable} is for a plug-in, and there is none here`)
  else if (advice.includes('is not used any more')) findings.warnings.push(`${variable} is ignored: ${advice}`)
  else {
    const nearest = nearestName(property)
    const hint = nearest === null ? '' : `; did you mean ${variableOf(nearest)}?`
    findings.warnings.push(`${variable} is ignored: there is no property ${property}${hint}`)
  }
}

/** Templates of compose files leave empty members of lists behind. Apache Kafka 3.9 passed over them; 4.4 ends its start by them, as lib/config does. */
function cleanLists(findings: Findings): void {
  for (const [name, { value, origin }] of findings.settings) {
    const isList = rowOf(name)?.type === 'list' || name === 'listener.security.protocol.map'
    const cleaned = isList ? withoutEmptyMembers(value) : value
    if (cleaned === value) continue
    findings.set(name, cleaned, origin)
    findings.debug.push(`${origin}: empty members of ${name} are left out`)
  }
}

function deriveListeners(findings: Findings, variables: Surroundings['variables']): void {
  const advertised = findings.settings.get('advertised.listeners')
  if (findings.settings.has('listeners')) return
  const isController = variables.KAFKA_PROCESS_ROLES?.trim() === 'controller'
  if (advertised === undefined || isController)
    findings.set('listeners', 'PLAINTEXT://:9092', 'the default of the image')
  else findings.set('listeners', onAllAddresses(advertised.value), advertised.origin)
}

/** Names of the cluster's id, the first that is set counts. */
const clusterIdNames = ['CLUSTER_ID', 'KAFKA_CLUSTER_ID', 'KAFKA_KRAFT_CLUSTER_ID'] as const

/** The id of the cluster that new data directories are to belong to; null where no variable says one. */
export function clusterIdOf(variables: Surroundings['variables'], warn: (sentence: string) => void = () => {}) {
  const [first, ...others] = clusterIdNames.filter(name => variables[name]?.trim())
  if (first === undefined) return null
  for (const other of others) {
    if (variables[other].trim() !== variables[first].trim()) {
      warn(`${first} and ${other} name two clusters; ${first} counts`)
    }
  }
  return variables[first].trim()
}

/** Errors of the configuration, each with the variable that is to be changed. */
function checkValues(findings: Findings): void {
  const properties = Object.fromEntries([...findings.settings].map(([name, { value }]) => [name, value]))
  try {
    BrokerConfig.parse(startProperties({ properties }))
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    for (const line of error.message.split('\n')) {
      findings.errors.push(namingOrigin(line, error.property, findings.settings))
    }
  }
}

/** A sentence about a property, with what set it before it, or the place that would: a variable, unless told otherwise. */
export function namingOrigin(
  sentence: string,
  property: string,
  settings: ReadonlyMap<string, Setting>,
  place: (property: string) => string = variableOf,
): string {
  const first = sentence.slice(0, Math.max(0, sentence.indexOf(' ')))
  const name = rowOf(first) === undefined ? property : first
  const origin = settings.get(name)?.origin ?? (rowOf(name) === undefined ? null : place(name))
  return origin === null ? sentence : `${origin}: ${sentence}`
}

function fileText(findings: Findings, isOurs: boolean): string {
  const lines = isOurs ? [madeHere] : []
  for (const [name, { value }] of [...findings.settings].sort(([a], [b]) => (a < b ? -1 : 1)))
    lines.push(lineOf(name, value))
  return `${lines.join('\n')}\n`
}
