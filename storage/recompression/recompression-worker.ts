/** The thread that checks and packs the large batches of topics with a codec of their own, one after another. */
import { parentPort, workerData } from 'node:worker_threads'
import { KafkaError } from '../../protocol/errors.ts'
import { prepareZstd } from '../../protocol/records/zstd.ts'
import { RecordValidationError, validateClientRecords } from '../validate.ts'
import { type RecompressionReply, type RecompressionRequest, recompressionEnd } from './thread.ts'

function answer({ id, records, config, now }: RecompressionRequest): RecompressionReply {
  try {
    const buffer = Buffer.from(records.buffer, records.byteOffset, records.length)
    return { id, records: validateClientRecords(buffer, config, now) }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    const recordErrors = error instanceof RecordValidationError ? error.recordErrors : null
    return { id, code: error.code, message: error.message, recordErrors }
  }
}

const stopped = new Int32Array(workerData as SharedArrayBuffer)

function take(request: RecompressionRequest | typeof recompressionEnd): void {
  if (request === recompressionEnd) {
    // Ends the thread alone. Closing the port would do, but Deno's has no close().
    process.exit()
  }
  if (Atomics.load(stopped, 0) !== 0) return
  const reply = answer(request)
  // Memory of its own goes over without a copy; a small piece of something larger would take that along.
  const buffer = 'records' in reply ? (reply.records.buffer as ArrayBuffer) : null
  const isOwn = buffer !== null && 'records' in reply && buffer.byteLength === reply.records.byteLength
  parentPort?.postMessage(reply, isOwn ? [buffer] : [])
}

void prepareZstd().then(() => parentPort?.on('message', take))
