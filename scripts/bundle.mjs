/**
 * Bundles the command and the library into `dist`, with the code that both need in shared chunks, and npm packages left outside.
 * Some two hundred small modules cost more time to find and link at every start than the broker needs for everything else. Commands that end
 * soon have code of their own (bundle-tools.mjs).
 *
 * Beside them `dist/broker.cjs` and `dist/testing.cjs` are doors to the library as one CommonJS file. Test frameworks that run modules in a
 * context of their own (Jest) cannot import an ES module without flags. Its threads are those of the ES modules: they run in plain Node.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, posix } from 'node:path'
import { build, stop } from 'esbuild'
import { bundleTools, commandsElsewhere, commonjs, partsOf } from './bundle-tools.mjs'
import { pagePlugin } from './console.mjs'

/** Files that a worker thread starts from are named `*-worker.ts` and stay files of their own. */
export function workerFiles(root) {
  return ['lib', 'storage'].flatMap(directory =>
    readdirSync(join(root, directory), { recursive: true })
      .filter(name => name.endsWith('-worker.ts'))
      .map(name => join(root, directory, name)),
  )
}

/** What programs import of the package, by name. */
function doors(root) {
  return { broker: join(root, 'lib', 'broker.ts'), testing: join(root, 'lib', 'testing.ts') }
}

/** A module that exports each of them whole, under its name: what both have in common is there once, its classes too. */
function exportsOf(files) {
  return Object.entries(files)
    .map(([name, file]) => `export * as ${name} from ${JSON.stringify(file)}\n`)
    .join('')
}

/** CommonJS that exports one of them as it was written as an ES module. */
function doorTo(name) {
  return `module.exports = Object.defineProperty(require('./library.cjs').${name}, '__esModule', { value: true })\n`
}

/** The modules that choose among commands and load them by import(). */
const loaders = ['lib/cli/main.ts', 'lib/cli/tools/index.ts']

/** Those that end soon though they are no tools. */
const alsoShort = ['await', 'cub', 'explain', 'health', 'help', 'metrics'].map(name => `lib/cli/${name}.ts`)

/** What a module loads by import(), as paths in the repository. */
function loadedLate(root, path) {
  const source = readFileSync(join(root, path), 'utf8')
  const targets = [...source.matchAll(/import\('(\.[^']*)'\)/g)]
  return [...new Set(targets.map(([, target]) => posix.join(posix.dirname(path), target)))]
}

/** The name of a command's file, without its ending. */
const nameOf = path => `command-${basename(path, '.ts')}`

export async function bundle(root) {
  const [ofMain, ofTools] = loaders.map(path => loadedLate(root, path))
  const shared = {
    metafile: true,
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node20',
    packages: 'external',
    legalComments: 'none',
    inject: [join(root, 'scripts', 'globals.mjs')],
    plugins: [pagePlugin],
    logLevel: 'warning',
  }
  const parts = await partsOf(root, [...ofTools, ...alsoShort], shared)
  const commands = ofMain.filter(path => !parts.has(path))
  const entryPoints = { ...doors(root) }
  for (const path of commands) entryPoints[nameOf(path)] = join(root, path)
  for (const file of workerFiles(root)) entryPoints[basename(file, '.ts')] = file
  const modules = await build({
    ...shared,
    entryPoints,
    outdir: join(root, 'dist'),
    chunkNames: '[name]-[hash]',
    splitting: true,
    format: 'esm',
  })
  // The command is CommonJS, too: where nothing is an ES module, Node does without what loads them, which takes it some 8 ms.
  const command = await build({
    ...shared,
    ...commonjs,
    entryPoints: { ottla: join(root, 'bin', 'ottla.ts') },
    outdir: join(root, 'dist'),
    outExtension: { '.js': '.cjs' },
    plugins: [pagePlugin, commandsElsewhere(root, loaders, parts, nameOf)],
  })
  const toolFiles = await bundleTools(root, parts, shared)
  const library = await build({
    ...shared,
    ...commonjs,
    stdin: { contents: exportsOf(doors(root)), resolveDir: root },
    outfile: join(root, 'dist', 'library.cjs'),
    // An import() in such a context would need the same flags.
    supported: { 'dynamic-import': false },
  })
  for (const name of Object.keys(doors(root))) writeFileSync(join(root, 'dist', `${name}.cjs`), doorTo(name))
  // For who starts the command by the path that it had as an ES module.
  writeFileSync(join(root, 'dist', 'ottla.js'), "import './ottla.cjs'\n")
  // esbuild keeps a process for the next build, which would stay as long as a broker started from here.
  await stop()
  // What an earlier build left: chunks under other hashes, and the declaration files, which no longer fit.
  const outputs = [modules, command, library].flatMap(({ metafile }) => Object.keys(metafile.outputs))
  const made = new Set(['ottla.js', ...toolFiles, ...outputs.map(path => basename(path))])
  for (const name of Object.keys(doors(root))) made.add(`${name}.cjs`)
  for (const name of readdirSync(join(root, 'dist'))) {
    if (!made.has(name)) rmSync(join(root, 'dist', name), { recursive: true })
  }
}
