/** `ottla metadata`: looks at the metadata of a cluster, saves them and restores them. */
import { diskFiles, privateFiles } from '../../storage/files.ts'
import { systemClock, systemClocks } from '../base/clock.ts'
import { createLogger } from '../base/logger.ts'
import { systemRandom } from '../base/random.ts'
import { checkStored } from '../cluster/check-stored.ts'
import { BrokerConfig } from '../config/config.ts'
import { type OpenMetadata, openMetadata } from '../metadata/open.ts'
import { parsed } from './arguments.ts'
import { helpFor } from './help.ts'
import { type Io, UsageError } from './io.ts'
import { dumpLine, readSaved, savedText } from './metadata-lines.ts'
import { restore } from './metadata-restore.ts'
import { readProperties } from './properties-file.ts'

const options = {
  config: { type: 'string', short: 'c' },
  set: { type: 'string', multiple: true },
  store: { type: 'string' },
  data: { type: 'string', multiple: true },
  prefix: { type: 'string' },
  raise: { type: 'string' },
  replace: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** What each of the verbs takes, beside what says where the metadata are. */
const verbs: Readonly<Record<string, readonly string[]>> = {
  dump: ['prefix'],
  check: [],
  save: [],
  restore: ['raise', 'replace'],
}
const everywhere = ['config', 'set', 'store', 'data']

/** Far more than a broker starts, or is followed by others, between two savings. */
const startsRaisedBy = 100_000

/** Carries out one of the verbs; gives the exit code. */
export async function metadata(argv: readonly string[], io: Io): Promise<number> {
  const config = { args: [...argv], options, allowPositionals: true } as const
  const { values, positionals } = parsed(config, 'ottla metadata --help lists the options')
  if (values.help) {
    io.stdout.write(helpFor('metadata'))
    return 0
  }
  const [verb, file, ...rest] = positionals
  const takesFile = verb === 'save' || verb === 'restore'
  if (verb === undefined || !Object.hasOwn(verbs, verb) || rest.length > 0 || (takesFile ? !file : file)) {
    throw new UsageError(
      'ottla metadata takes one of dump, check, save FILE and restore FILE; ottla metadata --help says more',
    )
  }
  for (const name of Object.keys(values)) {
    if (![...verbs[verb]!, ...everywhere].includes(name))
      throw new UsageError(`ottla metadata ${verb} has no --${name}; ottla metadata --help says more`)
  }
  const raise = values.raise === undefined ? startsRaisedBy : Number(values.raise)
  if (!Number.isSafeInteger(raise) || raise < 1) throw new UsageError(`--raise ${values.raise} is no number of starts`)
  const saved = verb === 'restore' ? readSaved(diskFiles, file!) : null
  const opened = openMetadata(configOf(values), {
    files: diskFiles,
    clock: systemClock,
    random: systemRandom,
    logger: createLogger('warn', { clock: systemClocks.broker }),
  })
  try {
    if (saved !== null) {
      const { replace = false, data = [] } = values
      return await restore(
        opened,
        saved,
        { startsRaisedBy: raise, replace, dataDirectories: data, files: diskFiles },
        io,
      )
    }
    return await look(verb, opened, { prefix: values.prefix ?? '', file }, io)
  } finally {
    await opened.close()
  }
}

async function look(
  verb: string,
  { store }: OpenMetadata,
  { prefix, file }: { readonly prefix: string; readonly file: string | undefined },
  io: Io,
): Promise<number> {
  const { entries, revision } = await store.list(prefix)
  switch (verb) {
    case 'dump':
      for (const entry of entries) io.stdout.write(`${dumpLine(entry)}\n`)
      return 0
    case 'check': {
      const findings = checkStored(entries)
      for (const { key, problem } of findings) io.stdout.write(`${key} ${problem}\n`)
      if (findings.length === 0) io.stdout.write(`${entries.length} keys, and all fit together\n`)
      return findings.length === 0 ? 0 : 1
    }
    default: {
      if (entries.every(({ key }) => key !== 'cluster'))
        throw new UsageError('there is no cluster whose metadata could be saved')
      // Credentials of users are among them.
      privateFiles(diskFiles).replace(file!, savedText(entries, revision))
      io.stdout.write(`saved ${entries.length} keys at revision ${revision} in ${file}\n`)
      return 0
    }
  }
}

/** The settings that say where the metadata are. */
function configOf(values: {
  readonly config?: string
  readonly set?: readonly string[]
  readonly store?: string
  readonly data?: readonly string[]
}): BrokerConfig {
  const properties: Record<string, string> = values.config === undefined ? {} : readProperties(values.config)
  for (const assignment of values.set ?? []) {
    const at = assignment.indexOf('=')
    if (at < 1) throw new UsageError(`--set ${assignment} names no value; write --set name=value`)
    properties[assignment.slice(0, at)] = assignment.slice(at + 1)
  }
  if (values.store !== undefined) properties['metadata.store'] = values.store
  if (values.data !== undefined) properties['log.dirs'] = values.data.join(',')
  if (
    properties['metadata.store'] === undefined &&
    properties['log.dirs'] === undefined &&
    properties['log.dir'] === undefined
  ) {
    throw new UsageError(
      'nothing says where the metadata are: give --store, --data or --config; ottla metadata --help says more',
    )
  }
  return BrokerConfig.parse(properties, { warn: () => {} })
}
