/** Properties of a client metrics subscription (KIP-714): kept and described for those who set them. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { int, list, type Property } from './property.ts'
import { ConfigError, parseValue } from './values.ts'

/** Rows in the order of their names. */
export const clientMetricsProperties = {
  'interval.ms': int(300_000),
  match: list([]),
  metrics: list([]),
}

const intervalMsMin = 100
const intervalMsMax = 3_600_000

/** What a client may be chosen by. */
const labels = /^client_(id|instance_id|software_name|software_version|source_address|source_port)$/

/** The row of a client metrics property, undefined where there is none of that name. */
export function clientMetricsProperty(name: string): Property | undefined {
  return Object.hasOwn(clientMetricsProperties, name)
    ? clientMetricsProperties[name as keyof typeof clientMetricsProperties]
    : undefined
}

/** Throws INVALID_REQUEST for an unknown name or a bad interval, INVALID_CONFIG for another bad value, as Kafka has it. */
export function validateClientMetrics(settings: ReadonlyMap<string, string>): void {
  for (const [name, text] of settings) {
    const property = clientMetricsProperty(name)
    if (property === undefined) {
      throw new KafkaError(codes.INVALID_REQUEST, `${name} is not a property of a client metrics subscription`)
    }
    const value = parsed(name, property, text)
    if (typeof value === 'number' && (value < intervalMsMin || value > intervalMsMax)) {
      throw new KafkaError(
        codes.INVALID_REQUEST,
        `${name} is ${value}: it is from ${intervalMsMin} to ${intervalMsMax}`,
      )
    }
    const unfit = name === 'match' ? (value as readonly string[]).find(pattern => !isPattern(pattern)) : undefined
    if (unfit !== undefined) {
      throw new KafkaError(
        codes.INVALID_CONFIG,
        `match cannot be '${unfit}': it takes patterns such as client_id=app-.*`,
      )
    }
  }
}

function parsed(name: string, property: Property, text: string): unknown {
  try {
    return parseValue(name, property, text)
  } catch (error) {
    if (error instanceof ConfigError) throw new KafkaError(codes.INVALID_CONFIG, error.message)
    throw error
  }
}

/** What Java's regular expressions have and ours have not. */
const javaOnly = /\\[QE]|[+*?}]\+|\(\?[a-z]|&&|\\p|\\[AZzGhHR]/

function isPattern(text: string): boolean {
  const parts = text.split('=').map(part => part.trim())
  const [label, expression] = parts
  if (parts.length !== 2 || !labels.test(label!) || expression === '') return false
  try {
    new RegExp(expression!)
    return true
  } catch {
    return javaOnly.test(expression!)
  }
}
