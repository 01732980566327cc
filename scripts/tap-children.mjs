/**
 * Loaded before tap (`node --import ./scripts/tap-children.mjs`). tap starts each test, and with it every process that a test starts, with
 * loaders that watch for coverage and put mocks in the place of modules. On Node 20 they are a thread that is asked about each module, which
 * costs more than all else in a test's start. No test has any use for them, so they are left out.
 */
import childProcess from 'node:child_process'
import { syncBuiltinESMExports } from 'node:module'

const { spawn } = childProcess
const isLoader = arg => arg.startsWith('--import=') && arg.includes('/@tapjs/')

childProcess.spawn = (command, args, options) => {
  const { NODE_OPTIONS = '', ...env } = options.env
  const others = NODE_OPTIONS.split(' ').filter(option => !isLoader(option.replaceAll('"', '')))
  if (others.join('') !== '') env.NODE_OPTIONS = others.join(' ')
  return spawn(
    command,
    args.filter(arg => !isLoader(arg)),
    { ...options, env },
  )
}
syncBuiltinESMExports()
