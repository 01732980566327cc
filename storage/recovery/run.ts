/** The recovery of many logs before a broker can be reached: in threads, several at once, while the event loop goes on. */
import { faultOf } from '../faults.ts'
import type { Files } from '../files.ts'
import { fileName, offsetOfFile } from '../names.ts'
import { type FaultMessage, faultMessage, startWorker } from '../worker.ts'
import type { RecoveryOptions } from './recovery.ts'

/** One log to be recovered: what a thread is sent. */
export type RecoveryJob = Omit<
  RecoveryOptions,
  'files' | 'logger' | 'cleanShutdown' | 'isSynced' | 'producerIdExpirationMs'
> & { readonly producerIdExpirationMs: number }

/** What a thread would have logged. */
export interface RecoveryMessage {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: object | undefined
}

/** How it went. Where the files failed, opening the log will say so. */
export type RecoveryOutcome =
  | {
      /** Offset below which the disk has all of it. */
      readonly recoveryPoint: number
      /** Whether that is all of it, indexes and names too, as after a clean close. */
      readonly isProven: boolean
      readonly messages: readonly RecoveryMessage[]
    }
  | { readonly fault: FaultMessage }

/** How logs are recovered. */
export interface RecoveryChoice {
  /** `num.recovery.threads.per.data.dir` */
  readonly threads: number
  /** Lets others have their turn. */
  readonly pause: () => Promise<void>
  /** Told how many logs are through, and how many bytes. */
  readonly progress: (through: RecoveryAmount, totals: RecoveryAmount) => void
  /** Calls it off. */
  readonly signal?: AbortSignal
  /** Recovers a log instead of the threads, however few there are. */
  readonly recoverOne?: (job: RecoveryJob) => Promise<RecoveryOutcome>
}

/** Logs, and bytes in those of their segments that are not below the recovery point. */
export interface RecoveryAmount {
  readonly logs: number
  readonly bytes: number
}

/** Logs whose files are listed between two turns of the event loop: a few milliseconds. */
const surveyedAtOnce = 50
/** Fewer and smaller ones are recovered sooner than threads are there. */
const inPlaceLogsMax = 64
const inPlaceBytesMax = 64 * 1024 * 1024

/**
 * Recovers logs, the largest first, in threads where they are many or large and on a disk. `begin` is told where the last segment of
 * each begins, which is always made anew, and waited for. Tells of each how it went; null where that is left to its opening. Resolves when all are through, or when the signal calls it off.
 */
export async function runRecovery(
  jobs: readonly RecoveryJob[],
  files: Files,
  { threads, pause, progress, signal, recoverOne }: RecoveryChoice,
  begin: (lastBases: readonly number[]) => Promise<void>,
  done: (index: number, outcome: RecoveryOutcome | null) => void,
): Promise<void> {
  const sizes: number[] = []
  const lastBases: number[] = []
  for (const job of jobs) {
    const offsets = segmentOffsets(job, files)
    sizes.push(bytesToRecover(job, offsets, files))
    lastBases.push(offsets[offsets.length - 1] ?? 0)
    if (sizes.length % surveyedAtOnce === 0) await pause()
    if (signal?.aborted) return
  }
  await begin(lastBases)
  const totals = { logs: jobs.length, bytes: sizes.reduce((sum, size) => sum + size, 0) }
  let through = { logs: 0, bytes: 0 }
  const finish = (index: number, outcome: RecoveryOutcome | null) => {
    done(index, outcome)
    through = { logs: through.logs + 1, bytes: through.bytes + sizes[index] }
    progress(through, totals)
  }
  if (recoverOne !== undefined) {
    for (const [index, job] of jobs.entries()) finish(index, await recoverOne(job))
    return
  }
  if (!files.durable || (totals.logs <= inPlaceLogsMax && totals.bytes <= inPlaceBytesMax)) {
    for (const index of jobs.keys()) {
      finish(index, null)
      await pause()
      if (signal?.aborted) return
    }
    return
  }
  progress(through, totals)
  const order = [...jobs.keys()].sort((a, b) => sizes[b] - sizes[a])
  await recoverInThreads(
    order.map(index => jobs[index]),
    threads,
    (at, outcome) => finish(order[at], outcome),
    signal,
  )
}

function segmentOffsets({ dir }: RecoveryJob, files: Files): number[] {
  return files
    .list(dir)
    .filter(({ name }) => name.endsWith('.log'))
    .map(({ name }) => offsetOfFile(name))
    .filter(offset => offset >= 0)
    .sort((a, b) => a - b)
}

function bytesToRecover({ dir, recoveryPoint }: RecoveryJob, offsets: readonly number[], files: Files): number {
  let bytes = 0
  for (const [index, offset] of offsets.entries()) {
    if (offsets[index + 1] < recoveryPoint) continue
    bytes += files.file(fileName(dir, offset, 'log')).size()
  }
  return bytes
}

async function recoverInThreads(
  jobs: readonly RecoveryJob[],
  threads: number,
  done: (index: number, outcome: RecoveryOutcome | null) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  let next = 0
  const runOne = async (): Promise<void> => {
    const worker = startWorker('recovery')
    const through = new Promise<void>((resolve, reject) => {
      let current = -1
      const send = () => {
        current = -1
        if (next === jobs.length || signal?.aborted) resolve()
        else {
          current = next++
          worker.postMessage(jobs[current])
        }
      }
      worker.on('message', (outcome: RecoveryOutcome) => {
        if (signal?.aborted) return
        done(current, outcome)
        send()
      })
      worker.on('error', error => {
        if (faultOf(error) === 'bug') {
          reject(error)
          return
        }
        if (current >= 0 && !signal?.aborted) done(current, { fault: faultMessage(error) })
        resolve()
      })
      signal?.addEventListener('abort', () => resolve(), { once: true })
      send()
    })
    await through.finally(() => worker.terminate())
  }
  const running = Array.from({ length: Math.min(threads, jobs.length) }, () => runOne().catch(unlessExhausted))
  await Promise.all(running)
  // Threads that could not be started, or ended, leave what they were to do to its opening.
  while (next < jobs.length && !signal?.aborted) done(next++, null)
}

function unlessExhausted(error: unknown): void {
  if (faultOf(error) !== 'exhaustion') throw error
}
