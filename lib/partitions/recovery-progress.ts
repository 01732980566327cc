/** Lines that say how far the recovery of a data directory is. */
import type { RecoveryAmount, RecoveryChoice } from '../../storage/directory.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'

/** How often it is told how far a recovery is. */
const progressMs = 2_000

/** Tells now and then how far the recovery of a directory is. */
export function progressLines(path: string, clock: Clock, logger: Logger): RecoveryChoice['progress'] {
  let toldMs = Number.NEGATIVE_INFINITY
  return (through, totals) => {
    const now = clock.monotonicMs()
    if (now - toldMs < progressMs || through.logs === totals.logs) return
    toldMs = now
    logger.info(`recovering logs of ${path}: ${through.logs} of ${totals.logs}, ${amountOf(through, totals)}`)
  }
}

function amountOf({ bytes }: RecoveryAmount, totals: RecoveryAmount): string {
  const [unit, divisor] = totals.bytes >= 1e9 ? ['GB', 1e9] : ['MB', 1e6]
  return `${(bytes / divisor).toFixed(1)} of ${(totals.bytes / divisor).toFixed(1)} ${unit}`
}
