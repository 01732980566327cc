/** A file of offsets that `--export` wrote: `topic,partition,offset` a line, or `group,topic,partition,offset`. */
import { diskFiles } from '../../../storage/files.ts'
import type { TopicPartition } from '../../admin/by-leader.ts'

/** Where a partition is to be read from. */
export type Offset = TopicPartition & { readonly offset: number }

/** Offsets by group. Throws where the file cannot be read or has something else in it. */
export function planIn(path: string, groupIds: readonly string[]): ReadonlyMap<string, readonly Offset[]> {
  const plan = new Map<string, Offset[]>()
  for (const line of textOf(path).split('\n')) {
    if (line.trim() === '') continue
    const cells = line.split(',').map(cell => cell.trim())
    const group = cells.length === 4 ? cells.shift()! : groupIds.length === 1 ? groupIds[0]! : null
    const [topic, partition, offset] = cells
    if (group === null || cells.length !== 3 || !/^\d{1,10}$/.test(partition!) || !/^-?\d{1,15}$/.test(offset!)) {
      throw new Error(`${path} has a line that is no offset: ${line.slice(0, 100)}; write topic,partition,offset`)
    }
    const ofGroup = plan.get(group) ?? []
    plan.set(group, ofGroup)
    ofGroup.push({ topic: topic!, partition: Number(partition), offset: Number(offset) })
  }
  return plan
}

function textOf(path: string): string {
  try {
    return diskFiles.read(path)!.toString('utf8')
  } catch {
    throw new Error(`java.io.IOException: Unable to read file ${path}`)
  }
}
