/** `ottla log repair`: makes the files of a data directory or a partition fit together again, and says what it did. */
import { crc32c } from '../../protocol/records/crc32c.ts'
import { partitionOffsetsText, readPartitionOffsets } from '../../storage/checkpoints.ts'
import { recoverSwaps } from '../../storage/compaction/swap.ts'
import { diskFiles } from '../../storage/files.ts'
import { DirectoryLock } from '../../storage/lock.ts'
import { defaultLogConfig, Log } from '../../storage/log.ts'
import { cleanedOffsetsName, recoveryPointsName } from '../../storage/names.ts'
import { systemClock } from '../base/clock.ts'
import type { Io } from './io.ts'
import { checkTarget, count, Progress } from './log-check.ts'
import { type Damage, findDamage } from './log-damage.ts'
import type { LogTarget, LogTargets } from './log-target.ts'

/** Files of a partition by name: a number that stands for the content, and the bytes. */
type Contents = Map<string, { sum: number; bytes: number }>

/** Repairs all; gives the exit code, which is 1 where something is still wrong. `cut` allows to lose what lies behind damage. */
export async function repair(targets: LogTargets, cut: boolean, { stdout, stderr }: Io): Promise<number> {
  const lock = targets.root === null ? null : DirectoryLock.take(diskFiles, targets.root)
  try {
    const say = (text: string) => void stdout.write(`${text}\n`)
    const progress = new Progress(stderr, 'repaired', targets.partitions.length)
    let left = 0
    let repaired = 0
    if (targets.root !== null) await repairDirectory(targets.root, targets, say)
    const ends = new Map<string, number>()
    for (const target of targets.partitions) {
      const work = new PartitionRepair(target, targets.closed, cut, progress, text => say(`${target.name}: ${text}`))
      left += await work.run()
      if (work.changed) repaired++
      ends.set(target.name, work.endOffset)
      progress.partitionDone()
    }
    if (targets.root !== null) lowerCheckpoints(targets.root, ends, say)
    say(`${count(targets.partitions.length, 'partition')}, ${repaired} repaired, ${count(left, 'finding')} left`)
    return left === 0 ? 0 : 1
  } finally {
    lock?.release()
  }
}

class PartitionRepair {
  changed = false
  endOffset = 0
  readonly #target: LogTarget
  readonly #closed: boolean
  readonly #cut: boolean
  readonly #progress: Progress
  readonly #say: (text: string) => void

  constructor(target: LogTarget, closed: boolean, cut: boolean, progress: Progress, say: (text: string) => void) {
    this.#target = target
    this.#closed = closed
    this.#cut = cut
    this.#progress = progress
    this.#say = say
  }

  /** Gives how many findings are left. */
  async run(): Promise<number> {
    const before = contentsOf(this.#target.path)
    this.#removeStrays()
    const found = checkTarget(this.#target, this.#closed, this.#progress)
    this.endOffset = found.endOffset
    if (found.findings.length > 0) {
      const damage = findDamage(diskFiles, this.#target.path)
      if (damage?.soundBehind && !this.#cut) {
        this.#tell(before)
        this.#say(refusal(damage))
        return found.findings.length
      }
      if (damage !== null) this.#say(cutting(damage))
      await this.#rebuild()
    }
    this.#tell(before)
    if (found.findings.length === 0) return 0
    const result = checkTarget(this.#target, true, this.#progress)
    this.endOffset = result.endOffset
    // The checkpoints are put right at the end.
    const findings = result.findings.filter(finding => !finding.startsWith('the recovery point'))
    for (const finding of findings) this.#say(`still wrong: ${finding}`)
    return findings.length
  }

  /** Finishes or undoes what a crash interrupted, and removes what was given up. */
  #removeStrays(): void {
    for (const name of recoverSwaps(diskFiles, this.#target.path)) {
      if (/\.(deleted|tmp)$/.test(name)) diskFiles.unlink(`${this.#target.path}/${name}`)
    }
  }

  /** Opens the log as after a crash of which nothing is known, which reads all of it. */
  async #rebuild(): Promise<void> {
    const { path, logStartOffset } = this.#target
    // The batches tell the epochs again.
    diskFiles.unlink(`${path}/leader-epoch-checkpoint`)
    const log = Log.open({
      dir: path,
      files: diskFiles,
      // Gaps, as compaction leaves them, are no reason to cut anything.
      config: { ...defaultLogConfig, cleanupPolicy: ['compact'] },
      now: () => systemClock.now(),
      schedule: run => run(),
      producerIdExpirationMs: () => Number.MAX_SAFE_INTEGER,
      cleanShutdown: false,
      recoveryPoint: 0,
      logStartOffset,
    })
    await log.close()
  }

  #tell(before: Contents): void {
    const after = contentsOf(this.#target.path)
    const removed = [...before.keys()].filter(name => !after.has(name))
    const written = [...after].filter(([name, { sum, bytes }]) => {
      const old = before.get(name)
      return old === undefined || old.sum !== sum || old.bytes !== bytes
    })
    this.changed = removed.length + written.length > 0
    if (removed.length > 0) this.#say(`removed ${removed.join(', ')}`)
    const rebuilt = written.map(([name]) => name).filter(name => !name.endsWith('.log'))
    if (rebuilt.length > 0) this.#say(`wrote ${rebuilt.join(', ')} anew`)
  }
}

function refusal({ segment, position, bytes, bytesBehind, endOffset }: Damage): string {
  return `left as it is: ${segment}.log is damaged at byte ${position}, behind offset ${endOffset - 1}, and sound records follow; --cut-damage gives up all ${bytes + bytesBehind} bytes from there on`
}

function cutting({ segment, position, bytes, bytesBehind, endOffset }: Damage): string {
  const more = bytesBehind > 0 ? `, and ${bytesBehind} in the segments behind it` : ''
  return `cut ${count(bytes, 'byte')} off ${segment}.log at ${position}${more}; the log ends at offset ${endOffset}`
}

/** The small files beside the partitions. */
async function repairDirectory(root: string, { whole, unreadable }: LogTargets, say: (text: string) => void) {
  for (const [name, message] of unreadable) {
    diskFiles.unlink(`${root}/${name}`)
    say(`removed ${name}: ${message}`)
  }
  if (!whole) return
  for (const { name, directory } of diskFiles.list(root)) {
    if (directory ? !name.endsWith('-delete') : !name.endsWith('.tmp')) continue
    await diskFiles.removeTree(`${root}/${name}`)
    say(`removed ${name}`)
  }
}

/** What was cut must not be thought to be on the disk, or to be clean. */
function lowerCheckpoints(root: string, ends: ReadonlyMap<string, number>, say: (text: string) => void): void {
  for (const name of [recoveryPointsName, cleanedOffsetsName]) {
    const offsets = readPartitionOffsets(diskFiles, `${root}/${name}`)
    let changed = false
    for (const [topic, partitions] of offsets) {
      for (const [partition, offset] of partitions) {
        const end = ends.get(`${topic}-${partition}`)
        if (end === undefined || offset <= end) continue
        partitions.set(partition, name === cleanedOffsetsName ? 0 : end)
        changed = true
        say(`${topic}-${partition}: ${name} said ${offset}, beyond the log's end ${end}`)
      }
    }
    if (changed) diskFiles.replace(`${root}/${name}`, partitionOffsetsText(offsets))
  }
}

function contentsOf(path: string): Contents {
  const contents: Contents = new Map()
  for (const { name, directory } of diskFiles.list(path)) {
    if (directory) continue
    // A log is only ever cut.
    const bytes = name.endsWith('.log') ? null : diskFiles.read(`${path}/${name}`)
    const sum = bytes === null ? 0 : crc32c(bytes, 0)
    contents.set(name, { sum, bytes: bytes?.length ?? diskFiles.file(`${path}/${name}`).size() })
  }
  return contents
}
