/**
 * Who uses a data directory: `.lock` names the process by its id, by when it started and by the boot of the machine, so that the
 * file of a process that was killed does not keep the next one out, even where that has the same id, as in a container. Node has
 * no `flock`; a broker of another container that shares the directory is not seen.
 */
import type { Files } from './files.ts'

/** The directory is in use, with the reason. */
export class DirectoryLockedError extends Error {
  constructor(path: string, reason: string) {
    super(`the data directory ${path} is in use: ${reason}; stop the other broker or choose another directory`)
    this.name = 'DirectoryLockedError'
  }
}

/** What this process holds, per file system: brokers in one process are told apart by nothing else. */
const held = new WeakMap<Files, Set<string>>()

/** A lock that is held until `release`. */
export class DirectoryLock {
  readonly #files: Files
  readonly #directory: string

  private constructor(files: Files, directory: string) {
    this.#files = files
    this.#directory = directory
  }

  /** Takes the lock of a directory that exists. Throws DirectoryLockedError. */
  static take(files: Files, directory: string): DirectoryLock {
    let mine = held.get(files)
    if (mine === undefined) {
      mine = new Set()
      held.set(files, mine)
    }
    if (mine.has(directory)) throw new DirectoryLockedError(directory, 'a broker of this process has it')
    const path = `${directory}/.lock`
    const content = describe(files, process.pid)
    while (!files.createExclusive(path, content)) {
      const found = files.read(path)?.toString('utf8') ?? ''
      const holder = livingHolder(files, found)
      if (holder !== null) throw new DirectoryLockedError(directory, `process ${holder} has it`)
      // Whoever moves the stale file away first may try; one that has been replaced meanwhile is put back.
      const aside = `${path}.${process.pid}`
      try {
        files.rename(path, aside)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue
        throw error
      }
      if (files.read(aside)?.toString('utf8') !== found) files.rename(aside, path)
      else files.unlink(aside)
    }
    mine.add(directory)
    return new DirectoryLock(files, directory)
  }

  release(): void {
    held.get(this.#files)?.delete(this.#directory)
    this.#files.unlink(`${this.#directory}/.lock`)
  }
}

/** The process that has a directory, null where none does. */
export function lockHolder(files: Files, directory: string): number | null {
  if (held.get(files)?.has(directory) === true) return process.pid
  const content = files.read(`${directory}/.lock`)
  return content === null ? null : livingHolder(files, content.toString('utf8'))
}

function describe(files: Files, pid: number): string {
  return `pid=${pid}\nstart=${startOf(files, pid) ?? ''}\nboot=${bootOf(files)}\n`
}

/** The process that wrote a lock file, null where it is gone. */
function livingHolder(files: Files, content: string): number | null {
  // One that a crash left incomplete tells nothing.
  const match = /^pid=(\d+)\nstart=(\d*)\nboot=(\S*)\n$/.exec(content)
  if (match === null || match[3] !== bootOf(files)) return null
  const pid = Number(match[1])
  const start = match[2]
  // It is not held by this process, or that would have been known before.
  if (pid === process.pid) return null
  if (start !== '') return startOf(files, pid) === start ? pid : null
  try {
    process.kill(pid, 0)
    return pid
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? pid : null
  }
}

/** When a process started, in ticks since boot; undefined where there is none, or no /proc to tell. */
function startOf(files: Files, pid: number): string | undefined {
  const stat = files.read(`/proc/${pid}/stat`)?.toString('utf8')
  // The name in brackets may hold blanks; the state is the first field behind it, the start the 20th.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  // One that has ended holds nothing, though nobody may have taken notice of its end yet.
  return fields?.[0] === 'Z' || fields?.[0] === 'X' ? undefined : fields?.[19]
}

function bootOf(files: Files): string {
  return files.read('/proc/sys/kernel/random/boot_id')?.toString('utf8').trim() ?? ''
}
