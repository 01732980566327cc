/** Errors as a person at a terminal should read them: what happened and what to do next. */
import { exhausted, faultOf } from '../../storage/faults.ts'

interface SystemError extends Error {
  readonly code?: string
  readonly path?: string
}

/** One line for what is the surroundings' fault; the whole stack for a bug of ours, which a report then carries. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, path, message, name, stack } = error as SystemError
  if (path !== undefined) {
    switch (code) {
      case 'EACCES':
      case 'EPERM':
      case 'EROFS':
        return `this user may not write ${path}; choose another directory with --data, or --ephemeral to keep all in memory`
      case 'ENOTDIR':
      case 'EEXIST':
        return `${path} is not in a directory; choose another with --data`
      case 'ENOSPC':
        return `no space is left on the disk of ${path}; free some, or choose another directory with --data`
    }
  }
  if (faultOf(error) === 'exhaustion') return exhausted(error).message
  const isBug = ['TypeError', 'ReferenceError', 'RangeError', 'AssertionError'].includes(name)
  return isBug ? (stack ?? message) : message
}
