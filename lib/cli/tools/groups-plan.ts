/** A file of offsets that `--export` wrote: `topic,partition,offset` a line, or `group,topic,partition,offset`. */
import { diskFiles } from '../../../storage/files.ts'
import type { TopicPartition } from '../../admin/by-leader.ts'
import { ToolUsageError } from './tool-usage-error.ts'

/** Where a partition is to be read from. */
export type Offset = TopicPartition & { readonly offset: number }

/** Offsets by group. Throws where the file cannot be read or has something else in it. */
export function planIn(path: string, groupIds: readonly string[]): ReadonlyMap<string, readonly Offset[]> {
  const plan = new Map<string, Map<string, Offset>>()
  for (const line of textOf(path).split('\n')) {
    if (line.trim() === '') continue
    const cells = cellsOf(line.trim())
    const group = cells.length === 4 ? cells.shift()! : groupIds.length === 1 ? groupIds[0]! : null
    const [topic, partition, offset] = cells
    if (group === null || cells.length !== 3 || !/^\d{1,10}$/.test(partition!) || !/^-?\d{1,15}$/.test(offset!)) {
      throw new Error(`${path} has a line that is no offset: ${line.slice(0, 100)}; write topic,partition,offset`)
    }
    if (Number(offset) < 0) throw new ToolUsageError('Invalid negative offset')
    const ofGroup = plan.get(group) ?? new Map<string, Offset>()
    plan.set(group, ofGroup)
    // Of a partition that stands there twice the last counts.
    ofGroup.set(`${topic}-${partition}`, { topic: topic!, partition: Number(partition), offset: Number(offset) })
  }
  return new Map([...plan].map(([group, offsets]) => [group, [...offsets.values()]]))
}

/** The line of these cells, with quotes around those around which Kafka's tool writes some. */
export function lineOf(cells: readonly (string | number)[]): string {
  return cells.map(cell => quoted(String(cell))).join(',')
}

/** Kafka's library looks for characters that need quotes, up to '-', in short cells alone, and takes them for granted in longer ones. */
function quoted(cell: string): string {
  return cell.length > 24 || [...cell].some(character => character < '-') ? `"${cell.replaceAll('"', '""')}"` : cell
}

/** Empty where the quotes do not fit. */
function cellsOf(line: string): string[] {
  const cells: string[] = []
  const cell = /\s*(?:"((?:[^"]|"")*)"|([^",]*))\s*(?:,|$)/y
  while (cell.lastIndex < line.length) {
    const found = cell.exec(line)
    if (found === null) return []
    cells.push(found[1]?.replaceAll('""', '"') ?? found[2]!.trim())
  }
  return cells
}

function textOf(path: string): string {
  try {
    return diskFiles.read(path)!.toString('utf8')
  } catch {
    throw new Error(`java.io.IOException: Unable to read file ${path}`)
  }
}
