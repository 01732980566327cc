/** The recovery of one log before it is opened, so that whoever opens it finds its files whole. */
import type { Files } from '../files.ts'
import { LeaderEpochs } from '../leader-epochs.ts'
import { Producers } from '../producers.ts'
import { recoverLog } from './recovery.ts'
import type { RecoveryJob, RecoveryMessage, RecoveryOutcome } from './run.ts'

/** Does one job. Rejects where the disk fails. */
export async function recoverAhead(job: RecoveryJob, files: Files): Promise<RecoveryOutcome> {
  const messages: RecoveryMessage[] = []
  const say = (level: RecoveryMessage['level']) => (message: string, fields?: object) =>
    void messages.push({ level, message, fields })
  const producers = new Producers()
  const wasCompacted = job.config.cleanupPolicy.includes('compact') || (job.cleanedOffset ?? 0) > 0
  const epochs = new LeaderEpochs(files, `${job.dir}/leader-epoch-checkpoint`, () => wasCompacted)
  const { segments, snapshots, recoveryPoint } = recoverLog(
    {
      ...job,
      files,
      cleanShutdown: false,
      producerIdExpirationMs: () => job.producerIdExpirationMs,
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
      await files.syncDirectory(job.dir)
    }
    return { recoveryPoint, isProven, messages }
  } finally {
    for (const segment of segments) segment.close()
  }
}
