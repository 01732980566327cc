/** Threads of their own for long work, from the files named `*-worker.ts`, which are bundled into files of their own. */
import { Worker } from 'node:worker_threads'

/** Starts the thread whose file has this name, without its ending; it finds `workerData` under that name. */
export function startWorker(name: string, workerData?: unknown): Worker {
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL(`./${name}.js`, import.meta.url), { name, workerData })
  // From the sources: a thread does not get what its parent reads TypeScript with.
  const [reader, file] = [import.meta.resolve('tsx/esm/api'), new URL(`./${name}.ts`, import.meta.url).href]
  const script = `import('${reader}').then(({ register }) => { register(); return import('${file}') })`
  return new Worker(script, { eval: true, name, workerData })
}
