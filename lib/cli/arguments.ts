/** Arguments of a command, read by node:util's parseArgs. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { UsageError } from './io.ts'

/** What the arguments say. Throws UsageError with the first sentence of what is wrong, and then `hint`, which says where to look. */
export function parsed<T extends ParseArgsConfig>(config: T, hint: string): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config)
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(/[.\n]/)[0]}; ${hint}`)
  }
}

/** A bound on how long something may take. Throws UsageError where the text is no whole number above 0. */
export function timeoutMsOf(text: string): number {
  const ms = Number(text)
  if (Number.isInteger(ms) && ms > 0) return ms
  throw new UsageError(`--timeout ${text} is no time; give a number of milliseconds`)
}
