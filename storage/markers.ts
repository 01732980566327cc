/** End-transaction markers as the log takes them in. */
import { readEndTransactionMarker } from '../protocol/records/control.ts'
import { isControl } from '../protocol/records/header.ts'

/** An end-transaction marker as far as the log needs it. */
export interface EndMarker {
  readonly aborted: boolean
  readonly coordinatorEpoch: number
}

/** What a control batch of magic 2 says of a transaction's end, null for other batches. */
export function endMarkerOf(b: Buffer, at: number): EndMarker | null {
  if (!isControl(b, at)) return null
  const marker = readEndTransactionMarker(b, at)
  return marker === null ? null : { aborted: marker.type === 'ABORT', coordinatorEpoch: marker.coordinatorEpoch }
}
