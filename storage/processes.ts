/** What a system tells of its processes: which is which, also where an id was given to another one since. */
import { diskFiles, type Files } from './files.ts'

/** How processes are told apart; handed to whoever has to. */
export interface Processes {
  readonly pid: number
  /** This boot of this machine; '' where nothing tells it. */
  readonly boot: string
  /** Whose ids `pid` is one of: containers count their own; '' where nothing tells it. */
  readonly namespace: string
  /** When this process started, as `isRunning` wants it; '' where nothing tells it. */
  readonly start: string
  /** Whether a process of this namespace that started then is still running; where nobody can tell, whether one of this id is. */
  isRunning(pid: number, start: string): boolean
}

/** As the system has them that the files are of. Files that are no disk's are this process's alone. */
export function processesOf(files: Files): Processes {
  if (files === diskFiles && !files.exists('/proc/self/stat')) return commandProcesses()
  return procProcesses(files, process.pid)
}

/** By /proc. */
export function procProcesses(files: Files, pid: number): Processes {
  return {
    pid,
    boot: textOf(files, '/proc/sys/kernel/random/boot_id'),
    namespace: files.linkTarget('/proc/self/ns/pid') ?? '',
    start: procStartOf(files, pid) ?? '',
    isRunning: (other, start) => (start === '' ? hasId(other) : procStartOf(files, other) === start),
  }
}

function textOf(files: Files, path: string): string {
  return files.read(path)?.toString('utf8').trim() ?? ''
}

/** In ticks since boot; undefined where there is no such process. */
function procStartOf(files: Files, pid: number): string | undefined {
  const stat = files.read(`/proc/${pid}/stat`)?.toString('utf8')
  // The name in brackets may hold blanks; the state is the first field behind it, the start the 20th.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  // One that has ended holds nothing, though nobody may have taken notice of its end yet.
  return fields?.[0] === 'Z' || fields?.[0] === 'X' ? undefined : fields?.[19]
}

/** Seconds and their fractions are cut off in various ways. */
const toleranceMs = 2_000

/** By the commands that systems without /proc have. What is asked only where an id is in use may take long. */
export function commandProcesses(platform: string = process.platform): Processes {
  const isWindows = platform === 'win32'
  const told = isWindows ? null : psStartOf(process.pid)
  // Windows begins a program with its process; elsewhere a process may have run another program before.
  const start = isWindows ? performance.timeOrigin : told
  return {
    pid: process.pid,
    boot: '',
    namespace: '',
    start: typeof start === 'number' ? String(Math.round(start)) : '',
    isRunning(other, before) {
      if (!hasId(other)) return false
      const now = isWindows ? powershellStartOf(other) : psStartOf(other)
      if (now === null) return false
      // Where nobody can tell, one that runs may be the one.
      return now === undefined || before === '' || Math.abs(now - Number(before)) <= toleranceMs
    },
  }
}

/** Whether the system has a process of an id. */
function hasId(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** When a process started, ms since the epoch; null where it has ended, undefined where nothing tells. */
function psStartOf(pid: number): number | null | undefined {
  const output = outputOf('ps', ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)])
  if (output === null) return undefined
  const match = /^\s*(\S+)\s+(\S.*\S)\s*$/.exec(output)
  if (match === null || match[1].startsWith('Z')) return null
  return timeOf(`${match[2]} UTC`)
}

function powershellStartOf(pid: number): number | null | undefined {
  const script = `(Get-Process -Id ${pid} -ErrorAction SilentlyContinue).StartTime.ToUniversalTime().ToString('o')`
  const output = outputOf('powershell', ['-NoProfile', '-NonInteractive', '-Command', script])
  return output === null ? undefined : timeOf(output.trim())
}

function timeOf(text: string): number | undefined {
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}

/** How long a command may take, ms. */
const commandMsMax = 10_000

/** What a command writes; null where there is none of the name, or it does not know what it is asked. */
function outputOf(command: string, args: readonly string[]): string | null {
  // Loaded where it is needed alone: nearly all systems have /proc.
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' }
  const { stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env, timeout: commandMsMax })
  if (error !== undefined) return null
  return stdout.trim() === '' && stderr.trim() !== '' ? null : stdout
}
