/**
 * What Apache Kafka answered to the driver's cases, in `recorded/`: a file for each group of cases, and in it for each case the answers by
 * their titles, in the form in which they are compared. An answer like that of an earlier request of its case is written as `= TITLE`.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { parseExact, stringifyExact } from '../protocol/json-text.ts'
import type { Plain } from './compare.ts'
import type { KafkaVersion } from './kafka.ts'
import type { Offered } from './session.ts'
import type { Ran } from './tools/judge.ts'

/** Answers by their titles, in the order of the requests. */
export type Answers = Readonly<Record<string, Plain>>

/** What a case was answered, by the version of Kafka that answered. */
export type CaseRecord = Readonly<Partial<Record<KafkaVersion, Answers>>>

/** By the names of the cases. */
export type GroupRecord = Readonly<Record<string, CaseRecord>>

const directory = new URL('recorded/', import.meta.url)
const columnsMax = 160

/** JSON with a line for each value, and several on a line where they fit: little to read, and little to change in a diff. */
function lines(value: unknown, indent: string): string {
  const short = stringifyExact(value)
  if (indent !== '' && indent.length + short.length <= columnsMax) return short
  if (typeof value !== 'object' || value === null) return short
  const inner = `${indent} `
  const members = Array.isArray(value)
    ? value.map(each => inner + lines(each, inner))
    : Object.entries(value).map(([name, each]) => `${inner}${JSON.stringify(name)}:${lines(each, inner)}`)
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  return `${open}\n${members.join(',\n')}\n${indent}${close}`
}

const sameAs = '= '

function folded(answers: Answers): Answers {
  const seen = new Map<string, string>()
  return Object.fromEntries(
    Object.entries(answers).map(([title, answer]) => {
      const text = stringifyExact(answer)
      const first = seen.get(text)
      if (first === undefined) seen.set(text, title)
      // A name that is as long as what it stands for would only hide it.
      return [title, first === undefined || text.length <= first.length + 40 ? answer : sameAs + first]
    }),
  )
}

function unfolded(answers: Answers): Answers {
  return Object.fromEntries(
    Object.entries(answers).map(([title, answer]) => [
      title,
      typeof answer === 'string' && answer.startsWith(sameAs) ? answers[answer.slice(sameAs.length)]! : answer,
    ]),
  )
}

function eachCase(record: GroupRecord, change: (answers: Answers) => Answers): GroupRecord {
  const changed = (each: CaseRecord) =>
    Object.fromEntries(Object.entries(each).map(([version, answers]) => [version, change(answers)]))
  return Object.fromEntries(Object.entries(record).map(([name, each]) => [name, changed(each)]))
}

function read(name: string): unknown {
  const file = new URL(`${name}.json`, directory)
  return existsSync(file) ? parseExact(readFileSync(file, 'utf8')) : {}
}

function write(name: string, value: unknown): void {
  mkdirSync(directory, { recursive: true })
  writeFileSync(new URL(`${name}.json`, directory), `${lines(value, '')}\n`)
}

/** What is recorded of a group; nothing where there is no file. */
export function readGroup(group: string): GroupRecord {
  return eachCase(read(group) as GroupRecord, unfolded)
}

export function writeGroup(group: string, record: GroupRecord): void {
  write(group, eachCase(record, folded))
}

/** The versions of requests that each Kafka says it speaks. */
export function readOffered(): Readonly<Partial<Record<KafkaVersion, Offered>>> {
  return read('offered-versions') as Partial<Record<KafkaVersion, Offered>>
}

export function writeOffered(offered: Readonly<Partial<Record<KafkaVersion, Offered>>>): void {
  write('offered-versions', offered)
}

/** What Kafka's command-line tools printed, by the names of the cases of a group. */
export type ToolsRecord = Readonly<Record<string, readonly Ran[]>>

export function readTools(group: string): ToolsRecord {
  return read(`tools-${group}`) as ToolsRecord
}

export function writeTools(group: string, record: ToolsRecord): void {
  write(`tools-${group}`, record)
}

/** What is recorded in another form than answers to cases; undefined where there is no file. */
export function readTables(name: string): unknown {
  return existsSync(new URL(`${name}.json`, directory)) ? read(name) : undefined
}

export function writeTables(name: string, tables: unknown): void {
  write(name, tables)
}
