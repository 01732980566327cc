/** The small text files beside the logs, in Apache Kafka's formats: a version, a count, and a line per entry. */
import { DamageError } from './faults.ts'
import type { Files } from './files.ts'

/** Offsets by partition: what the recovery point, log start and high watermark checkpoints hold. */
export type PartitionOffsets = Map<string, Map<number, number>>

/** Asked for after each piece of long work: resolves when others have had their turn, where it is time for that. */
export type Pause = () => Promise<void> | undefined

/** Lines of a piece. */
const pieceLines = 500

/** A checkpoint that cannot be read, with the reason; it is safe to delete such a file and start with recovery. */
export class CheckpointError extends DamageError {
  constructor(path: string, reason: string) {
    super(`${path} cannot be read: ${reason}`)
    this.name = 'CheckpointError'
  }
}

/** The entries of a checkpoint file, each line split at its blanks; null where there is no file. */
export function readCheckpoint(files: Files, path: string, fieldsPerLine: number): string[][] | null {
  const content = files.read(path)
  if (content === null) return null
  const lines = content.toString('utf8').split('\n')
  if (lines[0].trim() !== '0') throw new CheckpointError(path, `version ${lines[0]} is not 0`)
  // After a loss of power the file may end anywhere, also behind its first line.
  if (!/^\d+$/.test(lines[1] ?? '')) throw new CheckpointError(path, `"${lines[1] ?? ''}" is no count of entries`)
  const count = Number(lines[1])
  const found = lines.slice(2).filter(line => line !== '').length
  if (found !== count) throw new CheckpointError(path, `it has ${found} of ${count} entries`)
  const entries: string[][] = []
  for (let index = 0; index < count; index++) {
    const fields = (lines[index + 2] ?? '').trim().split(/\s+/)
    if (fields.length !== fieldsPerLine) throw new CheckpointError(path, `entry ${index} of ${count} is malformed`)
    entries.push(fields)
  }
  return entries
}

/** The content of a checkpoint file. */
export function checkpointText(lines: readonly string[]): string {
  return `0\n${lines.length}\n${lines.map(line => `${line}\n`).join('')}`
}

/** Reads offsets by partition; empty where there is no file. */
export function readPartitionOffsets(files: Files, path: string): PartitionOffsets {
  const offsets: PartitionOffsets = new Map()
  for (const [topic, partition, offset] of readCheckpoint(files, path, 3) ?? []) {
    setPartitionOffset(offsets, topic, wholeNumber(path, partition), wholeNumber(path, offset))
  }
  return offsets
}

/** The content of a file of offsets by partition. */
export function partitionOffsetsText(offsets: PartitionOffsets): string {
  return checkpointText([...linesOf(offsets)])
}

/** The same where others may go on in between: each line is as it is when it is looked at. */
export async function partitionOffsetsTextLater(offsets: PartitionOffsets, pause: Pause): Promise<string> {
  let [text, lines, count]: [string, string[], number] = ['', [], 0]
  for (const line of linesOf(offsets)) {
    lines.push(`${line}\n`)
    if (++count % pieceLines !== 0) continue
    text += lines.join('')
    lines = []
    await pause()
  }
  return `0\n${count}\n${text}${lines.join('')}`
}

function* linesOf(offsets: PartitionOffsets): Iterable<string> {
  for (const [topic, partitions] of offsets) {
    for (const [partition, offset] of partitions) yield `${topic} ${partition} ${offset}`
  }
}

/** Sets one partition's offset. */
export function setPartitionOffset(offsets: PartitionOffsets, topic: string, partition: number, offset: number): void {
  let partitions = offsets.get(topic)
  if (partitions === undefined) {
    partitions = new Map()
    offsets.set(topic, partitions)
  }
  partitions.set(partition, offset)
}

/** Forgets one partition's offset. */
export function deletePartitionOffset(offsets: PartitionOffsets, topic: string, partition: number): void {
  const partitions = offsets.get(topic)
  partitions?.delete(partition)
  if (partitions?.size === 0) offsets.delete(topic)
}

/** The number a field says. */
export function wholeNumber(path: string, field: string): number {
  const value = Number(field)
  if (!Number.isInteger(value)) throw new CheckpointError(path, `"${field}" is no whole number`)
  return value
}
