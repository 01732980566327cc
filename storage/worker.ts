/** Threads of their own for long work, from the files named `<room>/<room>-worker.ts`, which are bundled into files of their own. */
import { type ResourceLimits, Worker } from 'node:worker_threads'
import { KafkaError } from '../protocol/errors.ts'
import { DamageError, faultOf } from './faults.ts'

/** An error as a thread tells it to another: what it tells of is the same there. */
export interface FaultMessage {
  readonly kind: 'refusal' | 'damage' | 'system'
  readonly name: string
  readonly message: string
  readonly code: unknown
  readonly path: unknown
}

/** Puts an error into a message. Throws a bug as it is: it ends the thread, and the process that is told of that end. */
export function faultMessage(error: unknown): FaultMessage {
  const fault = faultOf(error)
  if (fault === 'bug') throw error
  const { name, message, code, path } = error as NodeJS.ErrnoException
  return { kind: fault === 'refusal' || fault === 'damage' ? fault : 'system', name, message, code, path }
}

/** The error out of a message. */
export function faultFrom({ kind, name, message, code, path }: FaultMessage): Error {
  if (kind === 'refusal') return new KafkaError(Number(code), message)
  if (kind === 'damage') return Object.assign(new DamageError(message), { name })
  return Object.assign(new Error(message), { name, code, path })
}

/** Starts the thread of a room; it finds `workerData` under that name. `resourceLimits` are those of its heap. */
export function startWorker(
  room: 'compaction' | 'recovery' | 'recompression',
  workerData?: unknown,
  resourceLimits?: ResourceLimits,
): Worker {
  const name = `${room}-worker`
  const options = { name, workerData, resourceLimits }
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL(`./${name}.js`, import.meta.url), options)
  // From the sources: a thread does not get what its parent reads TypeScript with.
  const [reader, file] = [import.meta.resolve('tsx/esm/api'), new URL(`./${room}/${name}.ts`, import.meta.url).href]
  const script = `import('${reader}').then(({ register }) => { register(); return import('${file}') })`
  return new Worker(script, { ...options, eval: true })
}
