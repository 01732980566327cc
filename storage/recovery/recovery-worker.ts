/** The thread that recovers logs, one after another. */
import { parentPort } from 'node:worker_threads'
import { diskFiles } from '../files.ts'
import { faultMessage } from '../worker.ts'
import { recoverAhead } from './ahead.ts'
import type { RecoveryJob, RecoveryOutcome } from './run.ts'

parentPort?.on('message', (job: RecoveryJob) => {
  recoverAhead(job, diskFiles).then(
    outcome => parentPort?.postMessage(outcome),
    error => parentPort?.postMessage({ fault: faultMessage(error) } satisfies RecoveryOutcome),
  )
})
