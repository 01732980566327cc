/** What another process has used of the machine, out of Linux's /proc. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** Clock ticks per second in /proc; the same on every Linux that Node runs on. */
export const ticksPerSecond = 100

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

/** Seconds that its threads have run, to the nanosecond where Usage has ticks; what was run by threads that have ended is missing. 0 where there is no /proc. */
export function threadSecondsOf(pid: number): number {
  const tasks = `/proc/${pid}/task`
  if (!existsSync(tasks)) return 0
  let nanoseconds = 0
  for (const thread of readdirSync(tasks)) {
    try {
      nanoseconds += Number(readFileSync(`${tasks}/${thread}/schedstat`, 'utf8').split(' ')[0])
    } catch {
      // It has ended since.
    }
  }
  return nanoseconds / 1e9
}

/** Milliseconds that its main thread could have run and had no processor, as others had them. 0 where there is no /proc. */
export function waitedMsOf(pid: number): number {
  return scheduledMsOf(pid, 1)
}

/** Milliseconds that its main thread has run. 0 where there is no /proc. */
export function ranMsOf(pid: number): number {
  return scheduledMsOf(pid, 0)
}

function scheduledMsOf(pid: number, column: 0 | 1): number {
  const path = `/proc/${pid}/task/${pid}/schedstat`
  return existsSync(path) ? Number(readFileSync(path, 'utf8').split(' ')[column]) / 1e6 : 0
}

/** Share of a core that a process uses in so many milliseconds from now. */
export async function coreShareOf(pid: number, ms: number): Promise<number> {
  const before = usageOf(pid)
  const beganMs = performance.now()
  await delay(ms)
  const after = usageOf(pid)
  const cpuSeconds = after.userSeconds + after.systemSeconds - before.userSeconds - before.systemSeconds
  return (cpuSeconds / (performance.now() - beganMs)) * 1000
}

/** What a process uses at most that does nothing, as a share of a core, and over how long that is looked at. */
const restShare = 0.02
const restMs = 2_000

/** Waits until what a process was given to do has no aftermath any more, but no longer than so many milliseconds. */
export async function untilAtRest(pid: number, msMax: number): Promise<void> {
  const endMs = performance.now() + msMax
  let calm = 0
  while (calm < 2 && performance.now() < endMs) calm = (await coreShareOf(pid, restMs)) <= restShare ? calm + 1 : 0
}
