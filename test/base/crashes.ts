/** Bugs that end a process, looked at by the process that they would have ended. */

/** Runs something, and gives what nobody caught meanwhile or before the event loop went on. What `run` itself throws is passed over. */
export async function crashesIn(run: () => unknown): Promise<unknown[]> {
  const uncaught: unknown[] = []
  process.setUncaughtExceptionCaptureCallback(error => void uncaught.push(error))
  try {
    await Promise.resolve().then(run)
  } catch {
    // Whoever asked for it was told; what counts is whether the process ends.
  }
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
  process.setUncaughtExceptionCaptureCallback(null)
  return uncaught
}
