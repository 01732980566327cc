/**
 * Brings a checkout up to date before anything of it runs: installs the dependencies where the lock file is newer than what is
 * installed, and builds where a source is newer than the build. Plain JavaScript without a dependency, since it runs before there are any.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** What the build is made of. A directory counts too: its time changes when a file in it comes or goes. */
const sources = ['bin', 'lib', 'protocol', 'storage', 'console', 'scripts', 'package.json', 'package-lock.json']

const lockFile = join(root, 'package-lock.json')
const installStamp = join(root, 'node_modules', '.ottla-lock-hash')
const testStamp = join(root, 'node_modules', '.ottla-tap-config')
const buildStamp = join(root, 'dist', '.built')

/** Milliseconds since the epoch, 0 where there is no such file. */
function modifiedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function newestMs(path) {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return 0
  if (!stat.isDirectory()) return stat.mtimeMs
  let newest = stat.mtimeMs
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name)
    newest = Math.max(newest, entry.isDirectory() ? newestMs(child) : modifiedMs(child))
  }
  return newest
}

/** Runs a command to its end and ends this process with its code where it fails. */
export function mustRun(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (error) throw error
  if (status !== 0) process.exit(signal === null ? status : 1)
}

/** Whether npm's own list of what it installed has all that the lock file names, in the same versions. */
function isInstalled() {
  const list = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(list)) return false
  const there = JSON.parse(readFileSync(list, 'utf8')).packages
  const wanted = JSON.parse(readFileSync(lockFile, 'utf8')).packages
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    // Optional packages are those of other systems, mostly.
    return path === '' || (there[path] === undefined ? optional : there[path].version === version)
  })
}

/** Installs what the lock file names, unless that is what is installed. */
export function installed() {
  const hash = createHash('sha256').update(readFileSync(lockFile)).digest('hex')
  if (existsSync(installStamp) && readFileSync(installStamp, 'utf8') === hash) return
  if (!isInstalled()) {
    console.error('ottla: installing the dependencies (npm ci) …')
    // Standard output stays the command's own; npm reports on standard error.
    mustRun('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], {
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    })
  }
  writeFileSync(installStamp, hash)
}

/**
 * Lets tap build itself with the plugins of `.taprc`, once after an installation or a change there. The first run after one would
 * do it too, but still start its tests with the old plugins, and the one for TypeScript does not go with this TypeScript.
 */
export function testable() {
  const config = readFileSync(join(root, '.taprc'), 'utf8')
  if (existsSync(testStamp) && readFileSync(testStamp, 'utf8') === config) return
  console.error('ottla: preparing the test runner (tap build) …')
  mustRun(process.execPath, [join(root, 'node_modules', 'tap', 'dist', 'esm', 'run.mjs'), 'build'], {
    stdio: ['ignore', 2, 2],
  })
  writeFileSync(testStamp, config)
}

/** Builds `dist`, unless it is newer than everything that it is made of. `types` adds the declaration files of a package. */
export async function built({ types = false } = {}) {
  const startedAt = new Date()
  let newest = 0
  for (const source of sources) newest = Math.max(newest, newestMs(join(root, source)))
  const isFresh = modifiedMs(buildStamp) > newest
  if (isFresh && (!types || existsSync(join(root, 'dist', 'types')))) return
  const { bundle } = await import('./bundle.mjs')
  await bundle(root)
  if (types) {
    mustRun(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'])
    const { prune } = await import('./declarations.mjs')
    prune(join(root, 'dist', 'types'), ['lib/broker.d.ts', 'lib/testing.d.ts'])
  }
  // The stamp bears the time at which the sources were looked at, so that an edit during the build counts as newer.
  writeFileSync(buildStamp, '')
  utimesSync(buildStamp, startedAt, startedAt)
  console.error(`ottla: built in ${Date.now() - startedAt.getTime()} ms`)
}

/** Builds what tests and the project's own programs run, where a source differs from what was built. */
export async function transpiled() {
  const { transpile } = await import('./transpile.mjs')
  await transpile(root)
}
