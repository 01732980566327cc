/** How long something takes a process, whatever else the machine does meanwhile. */
import { performance } from 'node:perf_hooks'

/** What minutes of a turned clock may take, in milliseconds. */
export const turnedMsMax = 1_000

/**
 * Milliseconds of CPU that something takes this process, with those in which it waits and has nothing to do. Time that others have of the
 * machine is in neither: the process is ready then. A wait for a timer, a thread or another process is, as nothing is due at the end of the turn.
 */
export async function ownMsOf<T>(run: () => Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  const [cpu, loop] = [process.cpuUsage(), performance.eventLoopUtilization()]
  const result = await run()
  const { user, system } = process.cpuUsage(cpu)
  return { result, ms: Math.round((user + system) / 1_000 + performance.eventLoopUtilization(loop).idle) }
}
