/**
 * What Apache Kafka has and this broker has not, and where its answers differ: the lists in skipped.md, derived from the table of handlers,
 * the tables of properties and what the driver's cases declare. `npm run conformance -- skipped` writes them; a test fails where they are
 * out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { brokerProperties, groupProperties, topicProperties } from '../lib/config/definitions.ts'
import type { Property } from '../lib/config/property.ts'
import { handlers } from '../lib/handlers/index.ts'
import { unserved } from '../lib/handlers/unserved.ts'
import { apis } from '../protocol/messages/index.ts'
import { caseGroups } from './cases/index.ts'
import { type Groups, groupOf, propertyGroups, reasonOf } from './property-groups.ts'
import { toolGroups } from './tools/cases/index.ts'

const file = new URL('skipped.md', import.meta.url)
/** The marks between which each list stands, and how it is made. */
const lists = {
  missing: {
    begin: '<!-- lists: written by npm run conformance -- skipped -->\n',
    end: '<!-- end of lists -->',
    make: missing,
  },
  declared: {
    begin: '<!-- declared differences: written by npm run conformance -- skipped -->\n',
    end: '<!-- end of declared differences -->',
    make: declared,
  },
  tools: {
    begin: '<!-- tools: written by npm run conformance -- skipped -->\n',
    end: '<!-- end of tools -->',
    make: declaredOfTools,
  },
} as const

export const listNames = Object.keys(lists) as readonly (keyof typeof lists)[]

/** The first pattern that fits gives an API its place. */
const apiGroups: Groups = [
  ['Consumer groups of the new protocol (KIP-848)', /^ConsumerGroup/],
  ['Share groups (KIP-932)', /^Share|ShareGroup/],
  ['Streams groups (KIP-1071)', /^Streams/],
  ['Transactions', /Txn|Transaction/],
  ['Authentication, authorisation and tokens', /^Sasl|Acls$|DelegationToken|Scram/],
  ['Quotas', /ClientQuotas/],
  ['Several brokers', /Reassignments|AlterPartition$|ElectLeaders|Quorum|RaftVoter|^Unregister|UpdateFeatures/],
  ['Client metrics (KIP-714)', /Telemetry/],
  ['Others', /./],
]

/** Names under the titles of their groups, in alphabetical order, without empty groups. */
function grouped(names: readonly string[], groups: Groups): Map<string, string[]> {
  const found = new Map<string, string[]>(groups.map(([title]) => [title, []]))
  for (const name of [...names].sort()) {
    found.get(groupOf(name, groups))!.push(name)
  }
  for (const [title, members] of found) if (members.length === 0) found.delete(title)
  return found
}

function section(heading: string, sentence: string, names: readonly string[], groups: Groups): string {
  const lists = [...grouped(names, groups)].map(([title, members]) => {
    const reason = reasonOf(title, groups)
    const head = reason === undefined ? `**${title}**` : `**${title}** (${reason})`
    return `- ${head}: ${members.map(name => `\`${name}\``).join(', ')}`
  })
  return `## ${heading}\n\n${sentence}\n\n${lists.join('\n')}\n`
}

function without(properties: Readonly<Record<string, Property>>): string[] {
  return Object.entries(properties)
    .filter(([, { effective }]) => !effective)
    .map(([name]) => name)
}

function missing(): string {
  const unanswered = unserved.map(({ api }) => api.name)
  return [
    section(
      'APIs that are not served',
      `${handlers.length} of ${apis.length} client-facing APIs are. The others are declared and their bytes are understood, but ApiVersions does not offer them, and a request is answered in its own form with UNSUPPORTED_VERSION.`,
      unanswered,
      apiGroups,
    ),
    section(
      'Broker properties without effect',
      'They are accepted, checked and described with Kafka’s types and defaults, and nothing comes of them yet.',
      without(brokerProperties),
      propertyGroups,
    ),
    section('Topic properties without effect', 'The same for topics.', without(topicProperties), propertyGroups),
    section('Group properties without effect', 'The same for groups.', without(groupProperties), propertyGroups),
  ].join('\n')
}

/** Each reason once, with the cases that declare it. */
function declared(): string {
  const found = new Map<string, Set<string>>()
  for (const { name, differs = [] } of Object.values(caseGroups).flat()) {
    for (const { reason } of differs) found.set(reason, (found.get(reason) ?? new Set()).add(name))
  }
  return [...found].map(([reason, names]) => `- ${reason} (${[...names].join('; ')}).\n`).join('')
}

/** The same of command-line tools, with where it is seen. */
function declaredOfTools(): string {
  const found = new Map<string, Set<string>>()
  for (const { name, differs = [] } of Object.values(toolGroups).flatMap(({ cases }) => cases)) {
    for (const { reason, by } of differs) {
      const seen = by === 'ottla' ? 'our command line' : by === 'kafka' ? 'Kafka’s tools' : 'both'
      const row = `${reason} | ${seen}`
      found.set(row, (found.get(row) ?? new Set()).add(name))
    }
  }
  const rows = [...found].map(([row, names]) => `| ${row} | ${[...names].join('; ')} |\n`)
  return `| What differs | Seen by | Cases |\n| --- | --- | --- |\n${rows.join('')}`
}

/** A list as it ought to be now. */
export function listNow(name: keyof typeof lists): string {
  return lists[name].make()
}

/** A list as skipped.md has it. */
export function listWritten(name: keyof typeof lists): string {
  const text = readFileSync(file, 'utf8')
  const { begin, end } = lists[name]
  return text.slice(text.indexOf(begin) + begin.length, text.indexOf(end))
}

/** Puts the lists into skipped.md. */
export async function skipped(): Promise<number> {
  for (const name of listNames) {
    const text = readFileSync(file, 'utf8')
    const { begin, end } = lists[name]
    const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)]
    writeFileSync(file, `${text.slice(0, from)}\n${listNow(name)}\n${text.slice(to)}`)
  }
  return 0
}
