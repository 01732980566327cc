/** How logs stand without any being opened for it: one that is open tells, and of one that is not its files and checkpoints do. */
import type { LogAtRest } from './directory-logs.ts'
import type { Files } from './files.ts'
import type { Log } from './log.ts'
import { offsetOfFile } from './names.ts'

export function standingOf({ logStartOffset: start, logEndOffset: end, sizeInBytes }: Log): LogAtRest {
  return { start, end, sizeInBytes }
}

/** Of a log that has no entry for its start, that is the first segment's. */
export function standingByFiles(files: Files, dir: string, startNoted: number, end: number): LogAtRest {
  let [sizeInBytes, first] = [0, Number.POSITIVE_INFINITY]
  for (const { name } of files.exists(dir) ? files.list(dir) : []) {
    if (!name.endsWith('.log')) continue
    sizeInBytes += files.file(`${dir}/${name}`).size()
    const base = offsetOfFile(name)
    if (base >= 0) first = Math.min(first, base)
  }
  const start = Math.max(startNoted, first === Number.POSITIVE_INFINITY ? 0 : first)
  return { start, end: Math.max(start, end), sizeInBytes }
}
