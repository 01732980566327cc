/** Cleans in a thread of its own, begun with the first job and ended by `stop`. */
import type { Worker } from 'node:worker_threads'
import { type FaultMessage, faultFrom, startWorker } from '../worker.ts'
import {
  type CleanedGroup,
  CompactionCancelled,
  type CompactionEngine,
  type CompactionJob,
  type CompactionResult,
} from './job.ts'

/** What the thread is sent. The job is called off by writing 1 into `flag`. */
export interface WorkerRequest {
  readonly job: CompactionJob
  readonly flag: SharedArrayBuffer
}

/** What the thread answers: any number of groups, then one of the others. */
export type WorkerReply =
  | { readonly group: CleanedGroup }
  | { readonly result: CompactionResult }
  | { readonly cancelled: true }
  | { readonly fault: FaultMessage }

/** Nothing that a cleaning makes for a record or a batch is wanted for long; as a rule V8 would let 48 MB of it come together. */
const maxYoungGenerationSizeMb = 2

/** See the head of the file. One job at a time; files are those of the disk. */
export class CompactionThread implements CompactionEngine {
  cancellations = 0
  #worker: Worker | null = null
  #flag: Int32Array | null = null
  #running: Promise<unknown> = Promise.resolve()

  run(job: CompactionJob, cleaned: (group: CleanedGroup) => boolean): Promise<CompactionResult> {
    const worker = this.#worker ?? startWorker('compaction', undefined, { maxYoungGenerationSizeMb })
    this.#worker = worker
    const flag = new SharedArrayBuffer(4)
    this.#flag = new Int32Array(flag)
    let stopListening = () => {}
    const running = new Promise<CompactionResult>((resolve, reject) => {
      let refused: Error | null = null
      const refuse = (error: Error) => {
        refused ??= error
        this.cancel()
      }
      const message = (reply: WorkerReply) => {
        if ('group' in reply) {
          try {
            if (refused === null && !cleaned(reply.group)) refuse(new CompactionCancelled())
          } catch (error) {
            refuse(error as Error)
          }
        } else if (refused !== null) reject(refused)
        else if ('result' in reply) resolve(reply.result)
        else if ('fault' in reply) reject(faultFrom(reply.fault))
        else reject(new CompactionCancelled())
      }
      const gone = (error: unknown) => {
        this.#worker = null
        reject(typeof error === 'number' ? new CompactionCancelled() : error)
      }
      worker.on('message', message).on('error', gone).on('exit', gone)
      stopListening = () => void worker.off('message', message).off('error', gone).off('exit', gone)
      worker.postMessage({ job, flag } satisfies WorkerRequest)
    }).finally(() => {
      stopListening()
      this.#flag = null
    })
    this.#running = running.catch(() => undefined)
    return running
  }

  cancel(): void {
    this.cancellations++
    if (this.#flag === null) return
    Atomics.store(this.#flag, 0, 1)
    Atomics.notify(this.#flag, 0)
  }

  /** Calls off what is under way; resolves when the thread is gone. */
  async stop(): Promise<void> {
    this.cancel()
    const worker = this.#worker
    this.#worker = null
    // It removes the files that it was about to make.
    await this.#running
    await worker?.terminate()
  }
}
