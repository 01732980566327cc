/**
 * The door of every npm script: `node scripts/run.mjs VERB ARGS`. Installs and builds what is missing or out of date, then
 *
 *     start ARGS     runs `ottla start ARGS` in this very process, so that nothing stands between it and its signals
 *     test ARGS      runs the tests, or those named
 *     script FILE    runs a TypeScript file of the project
 *     exec TOOL      runs a development tool
 *     build          builds, with --types also the declaration files
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { built, installed, root, testable, transpiled } from './fresh.mjs'

const [verb, ...rest] = process.argv.slice(2)

/** Runs a tool of node_modules/.bin. */
function hand(tool, args) {
  follow(tool, join(root, 'node_modules', '.bin', tool), args, { shell: process.platform === 'win32' })
}

/** Runs a command, passes signals on, and ends with its code. */
function follow(tool, command, args, options = {}) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', error => {
    console.error(`ottla: ${tool} did not start: ${error.message}; delete node_modules and try again`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 128)
  })
}

installed()
if (verb === 'start') {
  await built()
  const entry = join(root, 'dist', 'ottla.cjs')
  process.argv = [process.argv[0], entry, 'start', ...rest]
  await import(pathToFileURL(entry).href)
} else if (verb === 'test') {
  await built()
  testable()
  await transpiled()
  const runner = join(root, 'node_modules', 'tap', 'dist', 'esm', 'run.mjs')
  follow('tap', process.execPath, ['--import=./scripts/tap-children.mjs', runner, ...rest])
} else if (verb === 'script') {
  await built()
  await transpiled()
  follow('Node', process.execPath, ['--enable-source-maps', 'scripts/built.mjs', ...rest])
} else if (verb === 'exec') {
  hand(rest[0], rest.slice(1))
} else if (verb === 'build') {
  await built({ types: rest.includes('--types') })
} else {
  console.error(`run.mjs: unknown verb ${verb ?? '(none)'}; known are start, test, script, exec and build`)
  process.exitCode = 2
}
