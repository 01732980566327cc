/** Judges what users were answered by what Apache Kafka answered them. */
import { differences, type Place, type Plain } from '../compare.ts'
import type { Population } from './askers.ts'
import type { Declared } from './questions/question.ts'
import { answersIn, type Table } from './table.ts'

/** Users who are named of those who are answered otherwise. */
const namedMax = 4

/** A line for each way in which answers differ, with the users that it is so for, and for each declared difference that is none. */
export function differencesIn(
  ours: readonly string[],
  table: Table,
  { rowNames, askers }: Population,
  declared: readonly Declared[],
): string[] {
  const theirs = answersIn(table, rowNames)
  if (theirs.length !== ours.length) return ['others asked when it was recorded: record it anew']
  const used = new Set<Declared>()
  const users = new Map<string, string[]>()
  for (const [at, answer] of ours.entries()) {
    if (answer === theirs[at]) continue
    const places = differences(JSON.parse(answer) as Plain, JSON.parse(theirs[at]!) as Plain)
    const undeclared = places.filter(place => {
      const known = declared.filter(
        ({ path, ours, theirs }) => path === place.path && ours === place.ours && theirs === place.theirs,
      )
      for (const each of known) used.add(each)
      return known.length === 0
    })
    if (undeclared.length === 0) continue
    const line = undeclared.map(told).join('; ')
    users.set(line, [...(users.get(line) ?? []), askers[at]!.name])
  }
  const stale = declared
    .filter(each => !used.has(each))
    .map(({ path, ours }) => `declared and no difference: ${path}: ${ours}`)
  return [...[...users].map(([line, names]) => `${some(names)}: ${line}`), ...stale]
}

function told({ path, ours, theirs }: Place): string {
  return `${path}: ${JSON.stringify(ours)} against ${JSON.stringify(theirs)}`
}

function some(names: readonly string[]): string {
  const more = names.length > namedMax ? ` and ${names.length - namedMax} more` : ''
  return `${names.slice(0, namedMax).join(' | ')}${more}`
}
