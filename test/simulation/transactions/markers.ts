/** Markers on their way: late, repeated, also long after their transaction, and written without anybody hearing of it. */
import type { Clock } from '../../../lib/base/clock.ts'
import type { Random } from '../../../lib/base/random.ts'
import type { WriteMarkers } from '../../../lib/coordination/markers.ts'
import { codes } from '../../../protocol/errors.ts'

export function troubledMarkers(write: WriteMarkers, clock: Clock, random: Random): WriteMarkers {
  const later = () =>
    new Promise<void>(resolve => clock.schedule(random.int(random.int(3) === 0 ? 3_000 : 50), resolve))
  return async (end, partitions) => {
    if (random.int(2) === 0) await later()
    let results = await write(end, partitions)
    if (random.int(4) === 0) {
      if (random.int(2) === 0) await later()
      // Before the coordinator hears of the first: the transaction is not over yet, in whichever protocol.
      results = await write(end, partitions)
    }
    // Protocol 2 has to know markers that are older than the transaction.
    if (end.transactionVersion >= 2 && random.int(4) === 0) void later().then(() => write(end, partitions))
    if (random.int(6) > 0) return results
    return results.map(each => (random.int(2) === 0 ? { ...each, errorCode: codes.REQUEST_TIMED_OUT } : each))
  }
}
