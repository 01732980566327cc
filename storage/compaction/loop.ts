/**
 * Cleans on the event loop, a slice at a time. For files in memory: they belong to this thread, and copying them to another would
 * cost about what the cleaning does.
 */

import type { Files } from '../files.ts'
import { compact } from './cleaner.ts'
import {
  type CleanedGroup,
  CompactionCancelled,
  type CompactionEngine,
  type CompactionJob,
  type CompactionResult,
} from './job.ts'
import { Throttle } from './pace.ts'

/** Bytes of a slice: records of so many take a few milliseconds. */
const sliceBytes = 128 * 1024

/** See the head of the file. */
export class CompactionLoop implements CompactionEngine {
  readonly #files: Files
  readonly #nowMs: () => number
  readonly #pause: (delayMs: number) => Promise<void>
  cancellations = 0
  #cancelled = false
  /** Ends a pause early. */
  #wake = () => {}

  /** `pause` resolves no sooner than after so many milliseconds, and with 0 after others had their turn. */
  constructor(files: Files, nowMs: () => number, pause: (delayMs: number) => Promise<void>) {
    this.#files = files
    this.#nowMs = nowMs
    this.#pause = pause
  }

  async run(job: CompactionJob, cleaned: (group: CleanedGroup) => boolean): Promise<CompactionResult> {
    this.#cancelled = false
    const throttle = new Throttle(job.bytesPerSecondMax)
    let bytesInSlice = 0
    const pace = async (bytes: number) => {
      bytesInSlice += bytes
      const delayMs = throttle.delayMs(bytes, this.#nowMs())
      if (bytesInSlice >= sliceBytes || delayMs >= 1) {
        bytesInSlice = 0
        await new Promise<void>((resolve, reject) => {
          this.#wake = resolve
          this.#pause(delayMs).then(resolve, reject)
        })
      }
      if (this.#cancelled) throw new CompactionCancelled()
    }
    const slicedJob = { ...job, bufferBytes: Math.min(job.bufferBytes, 2 * sliceBytes) }
    return compact(slicedJob, this.#files, pace, group => {
      if (!cleaned(group)) throw new CompactionCancelled()
    })
  }

  cancel(): void {
    this.cancellations++
    this.#cancelled = true
    this.#wake()
  }

  async stop(): Promise<void> {
    this.cancel()
  }
}
