/** The thread that recovers logs, one after another. */
import { parentPort } from 'node:worker_threads'
import { diskFiles } from './files.ts'
import { recoverAhead } from './recovery-ahead.ts'
import type { RecoveryJob, RecoveryOutcome } from './recovery-run.ts'
import { faultMessage } from './worker.ts'

parentPort?.on('message', (job: RecoveryJob) => {
  recoverAhead(job, diskFiles).then(
    outcome => parentPort?.postMessage(outcome),
    error => parentPort?.postMessage({ fault: faultMessage(error) } satisfies RecoveryOutcome),
  )
})
