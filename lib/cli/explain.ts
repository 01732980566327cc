/** Errors as a person at a terminal should read them: what happened and what to do next. */

interface SystemError extends Error {
  readonly code?: string
  readonly address?: string
  readonly port?: number
  readonly path?: string
}

/** One line for what is the surroundings' fault; the whole stack for a bug of ours, which a report then carries. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, address, port, path, message, name, stack } = error as SystemError
  switch (code) {
    case 'EADDRINUSE':
      return `${address}:${port} is taken by another process; stop it, or choose another port (--port 0 takes a free one)`
    case 'EADDRNOTAVAIL':
      return `this machine has no address ${address}; choose another with --host`
    case 'EACCES':
    case 'EPERM':
      return path === undefined
        ? `${address}:${port} may not be used by this user; choose a port from 1024 on`
        : `${path} may not be used by this user; choose another directory with --data, or --ephemeral to keep all in memory`
    case 'ENOSPC':
      return `no space is left on the disk of ${path}; free some, or choose another directory with --data`
    case 'ENOENT':
      return `there is no ${path}`
  }
  if (name === 'TypeError' || name === 'ReferenceError' || name === 'RangeError' || name === 'AssertionError') {
    return stack ?? message
  }
  return message
}
