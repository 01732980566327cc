/** Log levels as configs of a broker, which change while it runs and are forgotten when it stops. */
import { configSources } from '../../protocol/config-sources.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { LogLevel, LogLevels } from '../base/logger.ts'
import type { DescribedConfig } from '../config/describe.ts'

export const rootLogger = 'root'

/** Kafka's levels and ours; nothing here is fatal. */
const levels: Readonly<Record<string, LogLevel>> = {
  DEBUG: 'debug',
  ERROR: 'error',
  FATAL: 'silent',
  INFO: 'info',
  TRACE: 'trace',
  WARN: 'warn',
}

const operations = { SET: 0, DELETE: 1 }

/** One change, as IncrementalAlterConfigs has it. */
export interface LoggerChange {
  readonly name: string
  readonly configOperation: number
  readonly value: string | null
}

/** The root logger, and each other with the level that it has or is given by that one. */
export function describeLoggers(known: LogLevels): DescribedConfig[] {
  const shown = (level: LogLevel) => (level === 'silent' ? 'OFF' : level.toUpperCase())
  return [[rootLogger, known.root] as const, ...known.names.map(name => [name, known.of(name)] as const)].map(
    ([name, level]) => ({
      name,
      value: shown(level),
      readOnly: false,
      isDefault: false,
      configSource: configSources.DYNAMIC_BROKER_LOGGER_CONFIG,
      isSensitive: false,
      synonyms: [],
      configType: 0,
      documentation:
        name === rootLogger
          ? 'How much the broker logs, where a logger has no level of its own.'
          : 'How much this part logs.',
    }),
  )
}

/** All of the changes or none. Throws INVALID_REQUEST and INVALID_CONFIG where one cannot be made. */
export function alterLoggers(known: LogLevels, changes: readonly LoggerChange[], validateOnly: boolean): void {
  for (const change of changes) check(known, change)
  if (validateOnly) return
  for (const { name, configOperation, value } of changes) {
    const level = configOperation === operations.DELETE ? null : levels[value!]!
    if (name !== rootLogger) known.set(name, level)
    else if (level !== null) known.setRoot(level)
  }
}

function check(known: LogLevels, { name, configOperation, value }: LoggerChange): void {
  if (!Object.values(operations).includes(configOperation))
    throw new KafkaError(codes.INVALID_REQUEST, `levels of loggers are set or deleted, and have no members`)
  if (name !== rootLogger && !known.names.includes(name)) {
    throw new KafkaError(
      codes.INVALID_CONFIG,
      `there is no logger ${name}; there are ${rootLogger}, ${known.names.join(', ')}`,
    )
  }
  if (configOperation === operations.DELETE) {
    if (name === rootLogger)
      throw new KafkaError(codes.INVALID_REQUEST, 'Removing the log level of the root logger is not allowed')
  } else if (value === null || !Object.hasOwn(levels, value)) {
    throw new KafkaError(
      codes.INVALID_CONFIG,
      `Cannot set the log level of ${name} to ${value} as it is not a supported log level. Valid log levels are ${Object.keys(levels).join(', ')}`,
    )
  }
}
