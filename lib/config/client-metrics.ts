/** Properties of a client metrics subscription (KIP-714): kept and described for those who set them. */
import { int, list, type Property } from './property.ts'

/** Rows in the order of their names. */
export const clientMetricsProperties = {
  'interval.ms': int(300_000, { min: 100, max: 3_600_000 }),
  match: list([]),
  metrics: list([]),
}

/** The row of a client metrics property, undefined where there is none of that name. */
export function clientMetricsProperty(name: string): Property | undefined {
  return Object.hasOwn(clientMetricsProperties, name)
    ? clientMetricsProperties[name as keyof typeof clientMetricsProperties]
    : undefined
}
