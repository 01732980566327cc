/** The thread that recovers logs, one after another. */
import { parentPort } from 'node:worker_threads'
import { prepareZstd } from '../../protocol/records/zstd.ts'
import { diskFiles } from '../files.ts'
import { faultMessage } from '../worker.ts'
import { recoverAhead } from './ahead.ts'
import type { RecoveryJob, RecoveryOutcome } from './run.ts'

function take(job: RecoveryJob): void {
  recoverAhead(job, diskFiles).then(
    outcome => parentPort?.postMessage(outcome),
    error => parentPort?.postMessage({ fault: faultMessage(error) } satisfies RecoveryOutcome),
  )
}

void prepareZstd().then(() => parentPort?.on('message', take))
