/** The thread that recovers logs, one after another, so that whoever opens them finds their files whole. */
import { parentPort } from 'node:worker_threads'
import { diskFiles } from './files.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import { Producers } from './producers.ts'
import { recoverLog } from './recovery.ts'
import type { RecoveryJob, RecoveryMessage, RecoveryOutcome } from './recovery-run.ts'

async function recover(job: RecoveryJob): Promise<RecoveryOutcome> {
  const messages: RecoveryMessage[] = []
  const say = (level: RecoveryMessage['level']) => (message: string, fields?: object) =>
    void messages.push({ level, message, fields })
  const producers = new Producers()
  const epochs = new LeaderEpochs(diskFiles, `${job.dir}/leader-epoch-checkpoint`)
  const { segments, snapshots, recoveryPoint } = recoverLog(
    {
      ...job,
      files: diskFiles,
      cleanShutdown: false,
      logger: { info: say('info'), warn: say('warn'), error: say('error') },
    },
    producers,
    epochs,
  )
  try {
    snapshots.take(producers)
    const isProven = recoveryPoint === segments[segments.length - 1].endOffset
    if (isProven) {
      // As good as nothing is to be written: the last segment is empty.
      for (const segment of segments) if (segment.needsSync) await segment.sync()
      await epochs.sync()
      await snapshots.sync()
      await diskFiles.syncDirectory(job.dir)
    }
    return { recoveryPoint, isProven, messages }
  } finally {
    for (const segment of segments) segment.close()
  }
}

parentPort?.on('message', (job: RecoveryJob) => {
  recover(job).then(
    outcome => parentPort?.postMessage(outcome),
    (error: Error) => parentPort?.postMessage({ error: String(error) } satisfies RecoveryOutcome),
  )
})
