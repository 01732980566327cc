/** Threads of their own for long work, from the files named `*-worker.ts`, which are bundled into files of their own. */
import { type ResourceLimits, Worker } from 'node:worker_threads'

/**
 * Starts the thread whose file has this name, without its ending; it finds `workerData` under that name. `resourceLimits` are
 * those of its heap.
 */
export function startWorker(name: string, workerData?: unknown, resourceLimits?: ResourceLimits): Worker {
  const options = { name, workerData, resourceLimits }
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL(`./${name}.js`, import.meta.url), options)
  // From the sources: a thread does not get what its parent reads TypeScript with.
  const [reader, file] = [import.meta.resolve('tsx/esm/api'), new URL(`./${name}.ts`, import.meta.url).href]
  const script = `import('${reader}').then(({ register }) => { register(); return import('${file}') })`
  return new Worker(script, { ...options, eval: true })
}
