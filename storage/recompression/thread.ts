/** The door to the thread that packs large batches anew: begun with the first batch, ended by `stop`. */
import type { Worker } from 'node:worker_threads'
import { crash } from '../../lib/base/assert.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { LogConfig } from '../config.ts'
import { exhausted, faultOf } from '../faults.ts'
import { markValidated, type RecordError, RecordValidationError } from '../validate.ts'
import { startWorker } from '../worker.ts'

/** What the thread is sent. */
export interface RecompressionRequest {
  readonly id: number
  readonly records: Uint8Array
  readonly config: LogConfig
  readonly now: number
}

/** Sent once there is nothing more to do. */
export const recompressionEnd = 'end'

/** What it answers. */
export type RecompressionReply =
  | { readonly id: number; readonly records: Uint8Array }
  | {
      readonly id: number
      readonly code: number
      readonly message: string
      readonly recordErrors: readonly RecordError[] | null
    }

interface Waiting {
  resolve(records: Buffer): void
  reject(error: Error): void
}

/** See the head of the file. Answers come in the order of the questions. */
export class RecompressionThread {
  #worker: Worker | null = null
  /** 1 tells the thread to leave what it has not begun. */
  #flag = new Int32Array(new SharedArrayBuffer(4))
  #nextId = 0
  readonly #waiting = new Map<number, Waiting>()

  /** Whether nothing is under way. */
  get isIdle(): boolean {
    return this.#waiting.size === 0
  }

  /** Checks a client's records and gives them as they are to be appended. Rejects with what makes them unacceptable. */
  run(records: Buffer, config: LogConfig, now: number): Promise<Buffer> {
    let worker: Worker
    try {
      worker = this.#worker ?? this.#start()
    } catch (error) {
      return Promise.reject(faultOf(error) === 'exhaustion' ? exhausted(error as Error) : error)
    }
    const id = this.#nextId++
    // The records may lie in memory that is filled again.
    const copy = new Uint8Array(records)
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      worker.postMessage({ id, records: copy, config, now } satisfies RecompressionRequest, [copy.buffer])
    })
  }

  /**
   * Ends the thread; what is under way is refused. It ends by itself, after at most one batch: libraries in binary form may take the
   * whole process with them where they are interrupted.
   */
  async stop(): Promise<void> {
    const worker = this.#worker
    if (worker === null) return
    this.#worker = null
    this.#refuseAll(unknown('the broker is stopping'))
    Atomics.store(this.#flag, 0, 1)
    const ended = new Promise<unknown>(resolve => worker.once('exit', resolve))
    worker.postMessage(recompressionEnd)
    await ended
  }

  #start(): Worker {
    const flag = new SharedArrayBuffer(4)
    this.#flag = new Int32Array(flag)
    const worker = startWorker('recompression', flag)
    this.#worker = worker
    const gone = (error: unknown) => {
      if (this.#worker !== worker) return
      this.#worker = null
      const isExhausted = faultOf(error) === 'exhaustion'
      this.#refuseAll(
        isExhausted ? exhausted(error as Error) : unknown(`the thread that compresses has ended: ${error}`),
      )
      // An exit that nobody asked for has a number; whatever else comes here was thrown.
      if (typeof error !== 'number' && !isExhausted) crash(error)
    }
    worker.on('message', (reply: RecompressionReply) => this.#settle(reply))
    worker.on('error', gone).on('exit', gone)
    return worker
  }

  #settle(reply: RecompressionReply): void {
    const waiting = this.#waiting.get(reply.id)
    if (waiting === undefined) return
    this.#waiting.delete(reply.id)
    if ('records' in reply) {
      const { buffer, byteOffset, length } = reply.records
      waiting.resolve(markValidated(Buffer.from(buffer, byteOffset, length)))
    } else if (reply.recordErrors !== null) {
      waiting.reject(new RecordValidationError(reply.code, reply.message, reply.recordErrors))
    } else waiting.reject(new KafkaError(reply.code, reply.message))
  }

  #refuseAll(reason: KafkaError): void {
    const all = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of all) reject(reason)
  }
}

function unknown(reason: string): KafkaError {
  return new KafkaError(codes.UNKNOWN_SERVER_ERROR, reason)
}
