/**
 * docs/configuration.md: every property of brokers, topics and groups, made from the tables of properties. `npm run docs` writes it; a test
 * fails where it is out of date.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { brokerProperties, groupProperties, topicProperties } from '../lib/config/definitions.ts'
import { groupCoordinationProperties } from '../lib/config/definitions-groups.ts'
import { nodeProperties } from '../lib/config/definitions-identity.ts'
import { logProperties } from '../lib/config/definitions-log.ts'
import { networkProperties } from '../lib/config/definitions-network.ts'
import { oauthProperties } from '../lib/config/definitions-oauth.ts'
import { operationsProperties } from '../lib/config/definitions-operations.ts'
import { replicationProperties } from '../lib/config/definitions-replication.ts'
import { securityProperties } from '../lib/config/definitions-security.ts'
import { shareProperties } from '../lib/config/definitions-share.ts'
import { tierProperties } from '../lib/config/definitions-tiers.ts'
import { transactionProperties } from '../lib/config/definitions-transactions.ts'
import { metadataStoreProperties } from '../lib/config/metadata-store.ts'
import { intMax, longMax, type Properties, type Property } from '../lib/config/property.ts'
import { topicPolicyProperties } from '../lib/config/topic-policy.ts'
import { formatValue } from '../lib/config/values.ts'
import { groupOf, propertyGroups } from './property-groups.ts'

const file = new URL('../docs/configuration.md', import.meta.url)

const brokerSubjects: readonly (readonly [title: string, properties: Properties])[] = [
  ['The node', nodeProperties],
  ['Listeners, connections and requests', networkProperties],
  ['Logs', logProperties],
  ['Topics, quotas, metrics and plug-ins', operationsProperties],
  ['Groups and offsets', groupCoordinationProperties],
  ['Producer ids and transactions', transactionProperties],
  ['Replication', replicationProperties],
  ['Share groups', shareProperties],
  ['Security', securityProperties],
  ['OAuth', oauthProperties],
  ['Tiered storage', tierProperties],
]

const head = `# Configuration

<!-- Written by npm run docs. -->

Properties have the names, types, defaults and limits of Apache Kafka 4.4, and are read as Kafka reads them: from a properties file
(\`ottla start FILE\`), the command line (\`--set name=value\`), CreateTopics, AlterConfigs and IncrementalAlterConfigs (\`kafka-configs\`).

A property **without effect** is accepted, checked and described, and changes nothing; the table says what it belongs to. *Internal*
properties are described only where they are set. The column *Update* says how a broker property changes while the broker runs: not at
all (read-only), for one broker, or for one and for all (cluster-wide). Properties of topics and groups can always be changed.
`

const brokerColumns = ['Property', 'Type', 'Default', 'Update', 'What it does']

const aboutMetadataStore = `These are Ottla's own, beside those of Apache Kafka. They count where they are set before the start, and cannot be altered while the broker
runs. [A cluster](cluster.md) says more.`

const aboutTopicPolicy = `In the place of a class of Java, and Ottla's own, too: set before the start, on each broker alike, and not altered while the broker runs. What
does not keep to them is refused with POLICY_VIOLATION, by CreateTopics, CreatePartitions and where topics are made on first use, also where a request
is only validated. The broker's own topics are made as it needs them.`

/** The page as it ought to be now. */
export function configurationNow(): string {
  const sections = brokerSubjects.map(([title, properties]) => `### ${title}\n\n${table(properties, true)}`)
  const [all, effective] = counts(brokerProperties)
  return [
    head,
    `## Brokers\n\n${effective} of ${all} properties have an effect.\n\n${sections.join('\n')}`,
    `### Where the metadata are kept\n\n${aboutMetadataStore}\n\n${ownTable(metadataStoreProperties)}`,
    `### What new topics have to keep to\n\n${aboutTopicPolicy}\n\n${ownTable(topicPolicyProperties)}`,
    `## Topics\n\nA topic without a value of its own has that of the broker property behind it.\n\n${table(topicProperties, false)}`,
    `## Groups\n\nThe same for groups.\n\n${table(groupProperties, false)}`,
  ].join('\n')
}

/** The page as it is written; empty where it is not there. */
export function configurationWritten(): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** Writes the page. */
export function writeConfiguration(): void {
  mkdirSync(new URL('.', file), { recursive: true })
  writeFileSync(file, configurationNow())
}

function counts(properties: Properties): [all: number, effective: number] {
  const rows = Object.values(properties)
  return [rows.length, rows.filter(({ effective }) => effective).length]
}

function table(properties: Properties, isBroker: boolean): string {
  const names = Object.keys(properties).sort()
  const columns = isBroker ? brokerColumns : ['Property', 'Type', 'Default', 'Broker property', 'What it does']
  const rows = names.map(name => {
    const property = properties[name]!
    const fourth = isBroker ? updateOf(property) : property.brokerSynonyms.map(each => code(each.name)).join(', ')
    return [code(name), typeOf(property), defaultOf(property), fourth, effectOf(name, property)]
  })
  return written(columns, rows)
}

function written(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  return [columns, columns.map(() => '---'), ...rows].map(cells => `| ${cells.map(cell).join(' | ')} |\n`).join('')
}

function ownTable(properties: typeof metadataStoreProperties | typeof topicPolicyProperties): string {
  return written(
    brokerColumns,
    Object.entries(properties).map(([name, { type, default: value, doc }]) => [
      ...[code(name), type, value === null ? '' : code(value), 'read-only', doc],
    ]),
  )
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

function code(text: string): string {
  return `\`${text}\``
}

/** The type, and what is allowed of it. */
function typeOf(property: Property): string {
  const { type, values } = property
  if (values !== null) return `${type} of ${values.map(code).join(', ')}`
  const bounds = boundsOf(property)
  return bounds === '' ? type : `${type}, ${bounds}`
}

/** Bounds that the type alone does not have. */
function boundsOf({ type, min, max }: Property): string {
  const typeMin = type === 'int' ? -(2 ** 31) : type === 'short' ? -(2 ** 15) : type === 'long' ? -(2 ** 63) : null
  const typeMax = type === 'int' ? intMax : type === 'short' ? 2 ** 15 - 1 : type === 'long' ? longMax : null
  const least = min === null || min === typeMin ? null : min
  const most = max === null || max === typeMax ? null : max
  if (least !== null && most !== null) return `${least} to ${most}`
  if (least !== null) return `at least ${least}`
  return most === null ? '' : `at most ${most}`
}

function defaultOf(property: Property): string {
  const text = formatValue(property, property.defaultValue)
  if (text === null) return ''
  return text === '' ? 'empty' : code(text)
}

function updateOf({ updateMode, visibility }: Property): string {
  if (visibility === 'dynamic-only') return `${updateMode}, and only so`
  return updateMode
}

function effectOf(name: string, property: Property): string {
  const what = property.doc ?? `**Without effect**: ${groupOf(name, propertyGroups)}.`
  return property.visibility === 'internal' ? `*Internal.* ${what}` : what
}
