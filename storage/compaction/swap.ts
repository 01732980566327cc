/**
 * Putting a cleaned segment in the place of those that it was made of, so that a crash at any moment leaves the old or the new:
 *
 * 1. its files are written and synced under `<name>.cleaned`; found at open, they are removed;
 * 2. they are renamed to `<name>.swap`, the `.log` last: from there on the new one counts, and opening finishes what follows;
 * 3. the segments behind the first are given up;
 * 4. the files are renamed to their own names, over the first segment's, the `.log` last.
 *
 * As with Apache Kafka, the order of renames in one directory is trusted to survive a power failure, as file systems with a journal
 * keep it; the directory is synced before the log is called clean.
 */
import type { Files } from '../files.ts'
import { frameLastOffset, scanFrames } from '../frames.ts'
import { fileName, offsetOfFile } from '../names.ts'
import { Segment } from '../segment.ts'

/** Behind the names of files that are being made. */
export const cleanedSuffix = '.cleaned'

const swapSuffix = '.swap'

/** In the order in which they are renamed. */
const kinds = ['index', 'timeindex', 'txnindex', 'log'] as const

/** Opens what segments were cleaned into. */
export function openCleaned(files: Files, dir: string, sources: readonly Segment[], now: number): Segment {
  const segment = new Segment(files, dir, sources[0].baseOffset, now, cleanedSuffix)
  const last = sources[sources.length - 1]
  segment.endOffset = last.endOffset
  // What is copied gets no younger by it.
  segment.modifiedMs = last.modifiedMs
  segment.close()
  return segment
}

/** From here on the cleaned segment counts. */
export function commitSwap(dir: string, cleaned: Segment): void {
  cleaned.rename(dir, swapSuffix)
}

/** Gives the files of a cleaned segment that is not wanted any more up. */
export function discardCleaned(files: Files, dir: string, baseOffset: number): void {
  for (const kind of kinds) files.unlink(`${fileName(dir, baseOffset, kind)}${cleanedSuffix}`)
}

/** Gives the new files the names of the first old segment's. */
export function finishSwap(files: Files, dir: string, first: Segment, cleaned: Segment): void {
  first.retired = true
  first.close()
  cleaned.rename(dir, '')
  removeEmptyTransactions(files, dir, cleaned.baseOffset)
}

function renameSwapped(files: Files, dir: string, baseOffset: number): void {
  const pathOf = (kind: (typeof kinds)[number]) => fileName(dir, baseOffset, kind)
  // Apache Kafka makes no file for no transactions; the one that is there is then the old one's.
  if (files.exists(`${pathOf('index')}${swapSuffix}`) && !files.exists(`${pathOf('txnindex')}${swapSuffix}`)) {
    files.unlink(pathOf('txnindex'))
  }
  for (const kind of kinds) {
    const path = pathOf(kind)
    if (files.exists(`${path}${swapSuffix}`)) files.rename(`${path}${swapSuffix}`, path)
  }
  removeEmptyTransactions(files, dir, baseOffset)
}

/** It had to be there to take the old one's place; as elsewhere, no transactions need no file. */
function removeEmptyTransactions(files: Files, dir: string, baseOffset: number): void {
  const transactions = files.file(fileName(dir, baseOffset, 'txnindex'))
  if (transactions.size() === 0) transactions.unlink()
}

/** Finishes the swaps that counted when the process or the machine died, and undoes those that did not; gives the names that are left. */
export function recoverSwaps(files: Files, dir: string): string[] {
  const list = () =>
    files
      .list(dir)
      .filter(entry => !entry.directory)
      .map(entry => entry.name)
  let names = list()
  if (!names.some(name => name.endsWith(swapSuffix) || name.endsWith(cleanedSuffix))) return names
  // Apache Kafka splits a segment into several, of which the last is renamed first, and its log before its indexes. Until the first
  // of them is done none counts, and the old segments are all there.
  const cleaned = names.filter(name => name.endsWith(cleanedSuffix)).map(offsetOfFile)
  const undone = names.filter(name => name.endsWith(swapSuffix) && offsetOfFile(name) >= Math.min(...cleaned))
  for (const name of undone) files.unlink(`${dir}/${name}`)
  if (undone.length > 0) names = list()
  for (const name of names.filter(candidate => candidate.endsWith(`.log${swapSuffix}`))) {
    const baseOffset = offsetOfFile(name)
    const file = files.file(`${dir}/${name}`)
    let lastOffset = baseOffset
    scanFrames(file, 0, file.size(), (b, at) => {
      lastOffset = frameLastOffset(b, at)
      return true
    })
    file.close()
    // A replaced segment behind the last record that stayed may be left; all that it holds was needless, and will be found so again.
    for (const old of names) {
      const offset = offsetOfFile(old)
      const isSegment = kinds.some(kind => old.endsWith(`.${kind}`))
      if (isSegment && offset > baseOffset && offset <= lastOffset) files.unlink(`${dir}/${old}`)
    }
    renameSwapped(files, dir, baseOffset)
  }
  for (const name of list()) {
    if (name.endsWith(swapSuffix) || name.endsWith(cleanedSuffix)) files.unlink(`${dir}/${name}`)
  }
  return list()
}
