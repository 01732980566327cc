/**
 * Who uses a data directory: `.lock` names the process by its id, by when it started and by the boot of the machine, so that the
 * file of a process that was killed does not keep the next one out, even where another process has its id since. Node has no `flock`.
 *
 * The file appears with all of its content, or not at all. One that nobody holds any more is replaced by whoever first made a second
 * file, whose name tells which one it is about: nobody else replaces that one, so a lock that was just taken is never taken away.
 */
import type { Files } from './files.ts'
import { type Processes, processesOf } from './processes.ts'

/** The directory is in use, with the reason. */
export class DirectoryLockedError extends Error {
  constructor(path: string, reason: string) {
    super(`the data directory ${path} is in use: ${reason}; stop the other broker or choose another directory`)
    this.name = 'DirectoryLockedError'
  }
}

/** What a lock is taken with. */
export interface LockOptions {
  /** How processes are told apart; as the system does it without. */
  readonly processes?: Processes
  /** Told of a lock that was left by a process which cannot be seen from here. */
  readonly warn?: (message: string) => void
}

/** What this process holds, per file system: brokers in one process are told apart by nothing else. */
const held = new WeakMap<Files, Set<string>>()

/** Times to look again while others replace what nobody holds: each takes less than a millisecond. */
const looksMax = 10_000

/** Who wrote a lock file. */
interface Owner {
  readonly pid: number
  readonly start: string
  readonly boot: string
  readonly namespace: string
}

/** A lock that is held until `release`. */
export class DirectoryLock {
  readonly #files: Files
  readonly #directory: string
  readonly #content: string

  private constructor(files: Files, directory: string, content: string) {
    this.#files = files
    this.#directory = directory
    this.#content = content
  }

  /** Takes the lock of a directory that exists. Throws DirectoryLockedError. */
  static take(files: Files, directory: string, options: LockOptions = {}): DirectoryLock {
    let mine = held.get(files)
    if (mine === undefined) {
      mine = new Set()
      held.set(files, mine)
    }
    if (mine.has(directory)) throw new DirectoryLockedError(directory, 'a broker of this process has it')
    const content = new Taking(files, directory, options).take()
    mine.add(directory)
    return new DirectoryLock(files, directory, content)
  }

  release(): void {
    held.get(this.#files)?.delete(this.#directory)
    const path = `${this.#directory}/.lock`
    // A broker of another container, which does not see this one, may have it since.
    if (this.#files.read(path)?.toString('utf8') === this.#content) this.#files.unlink(path)
  }
}

/** The process that has a directory, null where none does. */
export function lockHolder(files: Files, directory: string, processes = processesOf(files)): number | null {
  if (held.get(files)?.has(directory) === true) return process.pid
  const content = files.read(`${directory}/.lock`)
  return content === null ? null : livingHolder(processes, content.toString('utf8'))
}

/** One process's way to a lock. */
class Taking {
  readonly #files: Files
  readonly #directory: string
  readonly #processes: Processes
  readonly #warn: (message: string) => void
  readonly #content: string
  #looks = 0

  constructor(files: Files, directory: string, options: LockOptions) {
    const { processes = processesOf(files), warn = () => undefined } = options
    this.#files = files
    this.#directory = directory
    this.#processes = processes
    this.#warn = warn
    const { pid, start, boot, namespace } = processes
    this.#content = `pid=${pid}\nstart=${start}\nboot=${boot}\nnamespace=${namespace}\n`
  }

  /** Gives what the lock file says then. */
  take(): string {
    for (;;) {
      const found = this.#make('.lock')
      if (found === null) return this.#content
      const holder = found === undefined ? null : livingHolder(this.#processes, found)
      if (holder !== null) throw new DirectoryLockedError(this.#directory, `process ${holder} has it`)
      if (found !== undefined && this.#replace('.lock', found)) {
        this.#warnOfUnseen(found)
        return this.#content
      }
      if (++this.#looks > looksMax) throw new DirectoryLockedError(this.#directory, 'others are about to take it')
    }
  }

  /** Makes a file of ours, and gives null; else what is there instead, undefined where that went meanwhile. */
  #make(name: string): string | null | undefined {
    const path = `${this.#directory}/${name}`
    if (this.#files.createExclusive(path, this.#content)) return null
    return this.#files.read(path)?.toString('utf8')
  }

  /** Puts ours in place of a file that nobody holds; false where that is somebody else's to do, or was done. */
  #replace(name: string, found: string): boolean {
    const gate = `${name}.${nameOf(found)}`
    const before = this.#make(gate)
    if (before === null) return this.#pass(gate, name, found)
    // Whoever was about to do it may be dead, too.
    if (before === undefined || livingHolder(this.#processes, before) !== null) return false
    return this.#replace(gate, before) && this.#pass(gate, name, found)
  }

  /** Replaces a file, having the right to it. */
  #pass(gate: string, name: string, found: string): boolean {
    const path = `${this.#directory}/${name}`
    const isStill = this.#files.read(path)?.toString('utf8') === found
    // By the next name at once: in between there is always one or the other.
    if (isStill) this.#files.write(path, this.#content)
    this.#files.unlink(`${this.#directory}/${gate}`)
    return isStill
  }

  #warnOfUnseen(found: string): void {
    const owner = ownerIn(found)
    const { boot, namespace } = this.#processes
    if (owner === null || owner.namespace === namespace || owner.boot !== boot || owner.namespace === '') return
    this.#warn(
      `the data directory ${this.#directory} was not let go of by process ${owner.pid} of another container, which cannot be seen from here; if that still runs, stop one of the two`,
    )
  }
}

/** What stands in a lock file; null where a power failure, or another program, left it incomplete. */
function ownerIn(content: string): Owner | null {
  const match = /^pid=(\d+)\nstart=(\d*)\nboot=(\S*)\n(?:namespace=(\S*)\n)?$/.exec(content)
  return match && { pid: Number(match[1]), start: match[2], boot: match[3], namespace: match[4] ?? '' }
}

/** Tells one lock file from others, in a name. */
function nameOf(content: string): string {
  const owner = ownerIn(content)
  return owner === null ? 'unreadable' : `${owner.pid}-${owner.start}`
}

/** The process that wrote a lock file, null where it is gone. */
function livingHolder(processes: Processes, content: string): number | null {
  const owner = ownerIn(content)
  if (owner === null || owner.boot !== processes.boot) return null
  // Containers that share a directory do not see each other's processes.
  if (owner.namespace !== '' && owner.namespace !== processes.namespace) return null
  // It is not held by this process, or that would have been known before.
  if (owner.pid === processes.pid) return null
  return processes.isRunning(owner.pid, owner.start) ? owner.pid : null
}
