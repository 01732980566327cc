/** Variables and the names of properties: `KAFKA_` and `KAFKA_CFG_` before them, `_` for a point, `__` for `_`, `___` for `-`. */
import { brokerProperty } from '../config/definitions.ts'
import type { Property } from '../config/property.ts'
import { unscopedName } from '../config/scoped.ts'

/** Names of Bitnami's that its image takes for others, and a slip of its documentation. */
const aliases: Readonly<Record<string, string>> = {
  KAFKA_LOGS_DIRS: 'log.dirs',
  KAFKA_SEGMENT_BYTES: 'log.segment.bytes',
  KAFKA_MAX_MESSAGE_BYTES: 'message.max.bytes',
  KAFKA_LOG_RETENTION_CHECK_INTERVALS_MS: 'log.retention.check.interval.ms',
  KAFKA_CFG_LOG_RETENTION_CHECK_INTERVALS_MS: 'log.retention.check.interval.ms',
}

/** The property that a variable would set by its name; null where it begins with none of the prefixes. */
export function propertyOf(variable: string): string | null {
  if (Object.hasOwn(aliases, variable)) return aliases[variable]
  const isCfg = variable.startsWith('KAFKA_CFG_')
  if (!variable.startsWith('KAFKA_')) return null
  const rest = variable.slice((isCfg ? 'KAFKA_CFG_' : 'KAFKA_').length)
  const name = rest
    .toLowerCase()
    .replaceAll('___', '-')
    .replaceAll('__', '\0')
    .replaceAll('_', '.')
    .replaceAll('\0', '_')
  // Bitnami's image knows no `__`: names of listeners and protocols are the two places where an underscore is meant.
  return isCfg ? name.replaceAll('sasl.ssl', 'sasl_ssl').replaceAll('sasl.plaintext', 'sasl_plaintext') : name
}

/** How a property is written as a variable. */
export function variableOf(property: string): string {
  return `KAFKA_${property.replaceAll('_', '__').replaceAll('-', '___').replaceAll('.', '_').toUpperCase()}`
}

/** The row of a property, that of one listener included; undefined where there is none of that name. */
export function rowOf(property: string): Property | undefined {
  const known = brokerProperty(property)
  if (known !== undefined) return known
  const base = unscopedName(property)
  return base === null ? undefined : brokerProperty(base)
}
