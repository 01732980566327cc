/**
 * Bundles the command and the library into `dist`, with the code that both need in shared chunks, and npm packages left outside.
 * Some two hundred small modules cost more time to find and link at every start than the broker needs for everything else.
 */
import { readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build, stop } from 'esbuild'

/** Files that a worker thread starts from are named `*-worker.ts` and stay files of their own. */
function workerFiles(root) {
  return ['lib', 'storage'].flatMap(directory =>
    readdirSync(join(root, directory), { recursive: true })
      .filter(name => name.endsWith('-worker.ts'))
      .map(name => join(root, directory, name)),
  )
}

export async function bundle(root) {
  const entryPoints = { ottla: join(root, 'bin', 'ottla.ts'), broker: join(root, 'lib', 'broker.ts') }
  for (const file of workerFiles(root)) entryPoints[basename(file, '.ts')] = file
  const { metafile } = await build({
    metafile: true,
    absWorkingDir: root,
    entryPoints,
    outdir: join(root, 'dist'),
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    legalComments: 'none',
    inject: [join(root, 'scripts', 'globals.mjs')],
    logLevel: 'warning',
  })
  // esbuild keeps a process for the next build, which would stay as long as a broker started from here.
  await stop()
  // What an earlier build left: chunks under other hashes, and the declaration files, which no longer fit.
  const made = new Set(Object.keys(metafile.outputs).map(path => basename(path)))
  for (const name of readdirSync(join(root, 'dist'))) {
    if (!made.has(name)) rmSync(join(root, 'dist', name), { recursive: true })
  }
}
