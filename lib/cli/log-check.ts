/** `ottla log check`: reads all files of a data directory or a partition, and tells what does not fit together. */
import { type CheckResult, checkLog } from '../../storage/check.ts'
import { diskFiles } from '../../storage/files.ts'
import { systemClock } from '../base/clock.ts'
import type { Io } from './io.ts'
import type { LogTarget, LogTargets } from './log-target.ts'

/** How often progress is told, ms. */
const progressMs = 2_000

/** Tells on standard error how far long work is. */
export class Progress {
  readonly #stderr: Io['stderr']
  readonly #count: number
  readonly #what: string
  #done = 0
  #bytes = 0
  #toldMs = systemClock.monotonicMs()

  /** `count` is how many partitions there are in all. */
  constructor(stderr: Io['stderr'], what: string, count: number) {
    this.#stderr = stderr
    this.#what = what
    this.#count = count
  }

  readonly read = (bytes: number): void => {
    this.#bytes += bytes
    const now = systemClock.monotonicMs()
    if (now - this.#toldMs < progressMs) return
    this.#toldMs = now
    const megabytes = Math.round(this.#bytes / 1e6)
    this.#stderr.write(`${this.#what} ${this.#done} of ${this.#count} partitions, ${megabytes} MB read\n`)
  }

  partitionDone(): void {
    this.#done++
  }
}

/** Checks one partition, and that its checkpoints say what it can keep. */
export function checkTarget(target: LogTarget, closed: boolean, progress: Progress): CheckResult {
  const { path, compacted, logStartOffset, recoveryPoint } = target
  const result = checkLog(diskFiles, path, {
    dense: !compacted,
    closed,
    logStartOffset,
    onChecked: progress.read,
  })
  const { findings, endOffset } = result
  if (recoveryPoint > endOffset) {
    findings.push(`the recovery point ${recoveryPoint} is beyond the log's end ${endOffset}: records were lost`)
  }
  if (logStartOffset > endOffset) findings.push(`the log start ${logStartOffset} is beyond the log's end ${endOffset}`)
  return result
}

/** Checks all; gives the exit code, which is 1 where something was found. */
export function check(directory: string, targets: LogTargets, { stdout, stderr }: Io): number {
  const { partitions, closed, holder, unreadable } = targets
  if (holder !== null) {
    stderr.write(
      `process ${holder} has ${directory} open: what it is just writing may be found torn, and part of an index missing\n`,
    )
  }
  const progress = new Progress(stderr, 'checked', partitions.length)
  let findingCount = 0
  let damagedCount = 0
  let batchCount = 0
  let recordCount = 0
  for (const message of unreadable.values()) {
    findingCount++
    stdout.write(`${message}\n`)
  }
  for (const target of partitions) {
    const result = checkTarget(target, closed, progress)
    for (const finding of result.findings) stdout.write(`${target.name}: ${finding}\n`)
    findingCount += result.findings.length
    if (result.findings.length > 0) damagedCount++
    batchCount += result.batchCount
    recordCount += result.recordCount
    progress.partitionDone()
  }
  const all = `${count(partitions.length, 'partition')}, ${batchCount} batches, ${recordCount} records`
  if (findingCount === 0) {
    stdout.write(`sound: ${all}\n`)
    return 0
  }
  stdout.write(
    [
      `${count(findingCount, 'finding')} in ${damagedCount} of ${all}`,
      ...(holder === null ? [] : [`Stop the broker (process ${holder}) and check again before anything else.`]),
      'What a crash leaves, a broker mends when it starts: it rebuilds indexes and cuts a torn end.',
      `The same is done by: ottla log repair ${directory}`,
      'Damage with sound records behind it is left as it is, unless repair is told to cut it: make a copy first,',
      'and take the partition from a backup or a replica where there is one.',
      'Offsets that are left out are no damage in a topic that was ever compacted: then check with --compacted.',
      '',
    ].join('\n'),
  )
  return 1
}

/** "1 finding", "2 findings". */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
