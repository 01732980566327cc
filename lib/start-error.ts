/** Why a broker did not start, where the system only says what failed: which directory it was, and what to do. */
import { types } from 'node:util'

interface SystemError extends Error {
  readonly code?: string
  readonly path?: string
}

/** A start that the surroundings do not allow. The error of the system is its cause. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

const remedy = 'choose another directory (--data, or `log.dirs`)'

/** The same error, unless it is of the file system and about the data directories. */
export function startErrorOf(error: unknown, directories: readonly string[]): unknown {
  if (!types.isNativeError(error)) return error
  const { code = '', path } = error as SystemError
  const reason = reasons[code]
  // A write that fails names no path: what a start writes is in its directories.
  const isOurs =
    path === undefined ? code === 'ENOSPC' || code === 'EIO' : directories.some(each => path.startsWith(each))
  if (reason === undefined || !isOurs) return error
  const directory = directories.find(each => path?.startsWith(each)) ?? directories.join(', ')
  return new StartError(reason(directory), { cause: error })
}

const notWritable = (directory: string) =>
  `this user may not write the data directory ${directory}: give it to this user (chown), ${remedy}, or keep all in memory (--ephemeral)`
const noDirectory = (directory: string) =>
  `the data directory ${directory} is, or is in, a file that is no directory: ${remedy}`

const reasons: Readonly<Record<string, (directory: string) => string>> = {
  EACCES: notWritable,
  EPERM: notWritable,
  EROFS: directory =>
    `the data directory ${directory} is on a file system that is read-only: mount it writable, or ${remedy}`,
  ENOTDIR: noDirectory,
  EEXIST: noDirectory,
  ENOENT: directory => `the data directory ${directory} cannot be made there: ${remedy}`,
  ENOSPC: directory => `no space is left on the disk of the data directory ${directory}: free some, or ${remedy}`,
  EDQUOT: directory =>
    `the quota of this user is used up on the disk of the data directory ${directory}: free some, or ${remedy}`,
  EIO: directory => `the disk of the data directory ${directory} fails: look into the system's log, and ${remedy}`,
}
