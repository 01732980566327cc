/** `ottla log`: looks at the files of a data directory, and repairs them, while no broker has it open. */
import { parsed } from './arguments.ts'
import { helpFor } from './help.ts'
import { type Io, UsageError } from './io.ts'
import { targetsIn } from './log-target.ts'

const options = {
  compacted: { type: 'boolean' },
  records: { type: 'boolean' },
  offset: { type: 'string' },
  limit: { type: 'string' },
  'cut-damage': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** What each of the verbs takes. */
const verbs: Readonly<Record<string, readonly string[]>> = {
  check: ['compacted'],
  dump: ['records', 'offset', 'limit'],
  repair: ['compacted', 'cut-damage'],
}

/** Carries out one of the verbs on one directory; gives the exit code. */
export async function log(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(argv)
  if (values.help) {
    io.stdout.write(helpFor('log'))
    return 0
  }
  const [verb, directory, ...rest] = positionals
  if (verb === undefined || !Object.hasOwn(verbs, verb) || directory === undefined || rest.length > 0) {
    throw new UsageError('ottla log takes one of check, dump and repair, and a directory; ottla log --help says more')
  }
  for (const name of Object.keys(values)) {
    if (!verbs[verb].includes(name))
      throw new UsageError(`ottla log ${verb} has no --${name}; ottla log --help says more`)
  }
  const targets = targetsIn(directory, values.compacted ?? false)
  switch (verb) {
    case 'check':
      return (await import('./log-check.ts')).check(directory, targets, io)
    case 'repair':
      return (await import('./log-repair.ts')).repair(targets, values['cut-damage'] ?? false, io)
    default: {
      const offset = numberOf('offset', values.offset, 0)
      const limit = numberOf('limit', values.limit, Number.POSITIVE_INFINITY)
      const { dump } = await import('./log-dump.ts')
      await dump(targets, { records: values.records ?? false, offset, limit }, io.stdout)
      return 0
    }
  }
}

function parse(argv: readonly string[]) {
  return parsed({ args: [...argv], options, allowPositionals: true }, 'ottla log --help lists the options')
}

function numberOf(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0) {
    throw new UsageError(`--${name} ${text} is no number from 0 on`)
  }
  return value
}
