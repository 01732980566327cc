/**
 * Loads the native packages that lie in the executable. The system loads libraries from files only, so each is written into a cache directory
 * when it is first needed, under its checksum, and compared with what the executable holds before it is used again.
 */
const { chmodSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs')
const { homedir, tmpdir } = require('node:os')
const { join } = require('node:path')
const { getRawAsset } = require('node:sea')

/** Directories for the files, the best first; null stands for one that only this process uses. */
function* directories() {
  try {
    yield join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ottla')
  } catch {
    // A user whom the system does not know has no home.
  }
  yield join(tmpdir(), `ottla-${process.getuid?.() ?? 'cache'}`)
  yield null
}

/** Makes the directory; throws where somebody else could write into it. */
function prepare(directory) {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const stat = lstatSync(directory)
  const uid = process.getuid?.()
  if (!stat.isDirectory() || (uid !== undefined && (stat.uid !== uid || (stat.mode & 0o022) !== 0))) {
    throw new Error(`${directory} can be written by others`)
  }
}

function write(path, bytes) {
  const temporary = `${path}.${process.pid}.${process.hrtime.bigint()}`
  writeFileSync(temporary, bytes, { mode: 0o700, flag: 'wx' })
  chmodSync(temporary, 0o700)
  renameSync(temporary, path)
}

function isThere(path, bytes) {
  try {
    return readFileSync(path).equals(bytes)
  } catch {
    return false
  }
}

function load(path) {
  const module = { exports: {} }
  process.dlopen(module, path)
  return module.exports
}

/** The exports of the library that is the asset `name`. */
exports.native = function native(name) {
  const bytes = Buffer.from(getRawAsset(name))
  let failure
  for (const directory of directories()) {
    try {
      if (directory === null) {
        const own = mkdtempSync(join(tmpdir(), 'ottla-'))
        try {
          write(join(own, name), bytes)
          return load(join(own, name))
        } finally {
          // What is loaded stays, where the system allows it to be removed.
          rmSync(own, { recursive: true, force: true })
        }
      }
      prepare(directory)
      const path = join(directory, name)
      if (!isThere(path, bytes)) write(path, bytes)
      return load(path)
    } catch (error) {
      failure = error
    }
  }
  throw failure
}
