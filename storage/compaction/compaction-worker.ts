/** The thread that cleans logs: takes jobs one after another, and does nothing else, so it may sleep where it is told to wait. */
import { parentPort } from 'node:worker_threads'
import { systemClock } from '../../lib/base/clock.ts'
import { prepareZstd } from '../../protocol/records/zstd.ts'
import { diskFiles } from '../files.ts'
import { faultMessage } from '../worker.ts'
import { compact } from './cleaner.ts'
import { CompactionCancelled } from './job.ts'
import { CompactionMemory } from './memory.ts'
import { Throttle } from './pace.ts'
import type { WorkerReply, WorkerRequest } from './thread.ts'

function reply(message: WorkerReply): void {
  parentPort?.postMessage(message)
}

let memory: CompactionMemory | undefined

async function run({ job, flag }: WorkerRequest): Promise<void> {
  const cancelled = new Int32Array(flag)
  const throttle = new Throttle(job.bytesPerSecondMax)
  const pace = (bytes: number) => {
    const delayMs = throttle.delayMs(bytes, systemClock.monotonicMs())
    if (delayMs >= 1) Atomics.wait(cancelled, 0, 0, delayMs)
    if (Atomics.load(cancelled, 0) !== 0) throw new CompactionCancelled()
    return undefined
  }
  // Set aside at once, or a larger job would find a smaller one's still there.
  memory ??= new CompactionMemory(job.keyBytesMax)
  try {
    reply({ result: await compact(job, diskFiles, pace, group => reply({ group }), memory) })
  } catch (error) {
    if (error instanceof CompactionCancelled) reply({ cancelled: true })
    else reply({ fault: faultMessage(error) })
  }
}

void prepareZstd().then(() => parentPort?.on('message', (request: WorkerRequest) => void run(request)))
