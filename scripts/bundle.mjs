/**
 * Bundles the command and the library into `dist`, with the code that both need in shared chunks, and npm packages left outside.
 * Some two hundred small modules cost more time to find and link at every start than the broker needs for everything else.
 *
 * Beside them `dist/broker.cjs` is the library as one CommonJS file. Test frameworks that run modules in a context of their own (Jest)
 * cannot import an ES module without flags. Its threads are those of the ES modules: they run in plain Node.
 */
import { readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build, stop } from 'esbuild'

/** Files that a worker thread starts from are named `*-worker.ts` and stay files of their own. */
export function workerFiles(root) {
  return ['lib', 'storage'].flatMap(directory =>
    readdirSync(join(root, directory), { recursive: true })
      .filter(name => name.endsWith('-worker.ts'))
      .map(name => join(root, directory, name)),
  )
}

export async function bundle(root) {
  const entryPoints = { ottla: join(root, 'bin', 'ottla.ts'), broker: join(root, 'lib', 'broker.ts') }
  for (const file of workerFiles(root)) entryPoints[basename(file, '.ts')] = file
  const shared = {
    metafile: true,
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node20',
    packages: 'external',
    legalComments: 'none',
    inject: [join(root, 'scripts', 'globals.mjs')],
    logLevel: 'warning',
  }
  const modules = await build({
    ...shared,
    entryPoints,
    outdir: join(root, 'dist'),
    chunkNames: '[name]-[hash]',
    splitting: true,
    format: 'esm',
  })
  const commonjs = await build({
    ...shared,
    entryPoints: [join(root, 'lib', 'broker.ts')],
    outfile: join(root, 'dist', 'broker.cjs'),
    format: 'cjs',
    // An import() in such a context would need the same flags.
    supported: { 'dynamic-import': false },
    banner: { js: "const fileUrl = require('node:url').pathToFileURL(__filename).href;" },
    define: { 'import.meta.url': 'fileUrl', 'import.meta.resolve': 'undefined' },
  })
  // esbuild keeps a process for the next build, which would stay as long as a broker started from here.
  await stop()
  // What an earlier build left: chunks under other hashes, and the declaration files, which no longer fit.
  const outputs = { ...modules.metafile.outputs, ...commonjs.metafile.outputs }
  const made = new Set(Object.keys(outputs).map(path => basename(path)))
  for (const name of readdirSync(join(root, 'dist'))) {
    if (!made.has(name)) rmSync(join(root, 'dist', name), { recursive: true })
  }
}
