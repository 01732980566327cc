/** What does not fit together in files of a log, told after all else as kafka-dump-log tells it. */
import { isAbsolute } from 'node:path'

type Pair = readonly [number, number]
type ByFile = Map<string, Pair[]>

export interface Complaints {
  /** Offsets of an index, with those that the log has there. */
  readonly mismatches: ByFile
  /** Timestamps of an index, with those that the log has. */
  readonly timestamps: ByFile
  /** Timestamps of an index, with greater ones before them. */
  readonly disorder: ByFile
  /** Offsets of an index by time, with those that the log has in their place. */
  readonly unknown: ByFile
  /** Offsets of records, with those that follow. */
  readonly gaps: ByFile
}

export function newComplaints(): Complaints {
  return { mismatches: new Map(), timestamps: new Map(), disorder: new Map(), unknown: new Map(), gaps: new Map() }
}

export function complain(of: ByFile, file: string, pair: Pair): void {
  // As Java makes it absolute, with what it has of dots.
  const path = isAbsolute(file) ? file : `${process.cwd()}/${file}`
  of.set(path, [...(of.get(path) ?? []), pair])
}

export function tellComplaints(
  { mismatches, timestamps, disorder, unknown, gaps }: Complaints,
  tell: (line: string) => void,
): void {
  for (const [file, pairs] of mismatches) {
    tell(`Mismatches in :${file}`)
    for (const [index, log] of pairs.sort(([a], [b]) => b - a)) tell(`  Index offset: ${index}, log offset: ${log}`)
  }
  for (const [file, pairs] of timestamps) {
    tell(`Found timestamp mismatch in :${file}`)
    for (const [index, log] of pairs) tell(`  Index timestamp: ${index}, log timestamp: ${log}`)
  }
  for (const [file, pairs] of disorder) {
    tell(`Found out of order timestamp in :${file}`)
    for (const [index, before] of pairs) tell(`  Index timestamp: ${index}, Previously indexed timestamp: ${before}`)
  }
  for (const [file, pairs] of unknown) {
    tell(`The following indexed offsets are not found in :${file}`)
    for (const [index, log] of pairs) tell(`Indexed offset: ${index}, found log offset: ${log}`)
  }
  for (const [file, pairs] of gaps) {
    tell(`Non-consecutive offsets in ${file}`)
    for (const [before, after] of pairs) tell(`  ${before} is followed by ${after}`)
  }
}
