/** What another process has used of the machine, out of Linux's /proc. */
import { readFileSync } from 'node:fs'

/** Clock ticks per second in /proc; the same on every Linux that Node runs on. */
const ticksPerSecond = 100

/** CPU seconds since the process began, and what it holds in memory now. */
export interface Usage {
  readonly userSeconds: number
  readonly systemSeconds: number
  readonly residentBytes: number
  /** Most that it has ever held. */
  readonly residentBytesMax: number
}

/** Reads them; all zero without a process, or where there is no /proc. */
export function usageOf(pid: number | null): Usage {
  const none = { userSeconds: 0, systemSeconds: 0, residentBytes: 0, residentBytesMax: 0 }
  if (pid === null) return none
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name of the command, in parentheses, may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
    return {
      userSeconds: Number(fields[11]) / ticksPerSecond,
      systemSeconds: Number(fields[12]) / ticksPerSecond,
      residentBytes: kilobytes('VmRSS') * 1024,
      residentBytesMax: kilobytes('VmHWM') * 1024,
    }
  } catch {
    return none
  }
}
