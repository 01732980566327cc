/** One variable, or a few that belong together, in a table of what they become. */
import type { DialectName } from '../../lib/container/dialects.ts'

export interface Row {
  readonly of: DialectName
  readonly set: Readonly<Record<string, string>>
  /** Properties, beside those that every start has. */
  readonly becomes?: Readonly<Record<string, string>>
  /** One warning. */
  readonly warns?: RegExp
  /** One of the debug lines. */
  readonly says?: RegExp
  readonly refuses?: RegExp
  readonly files?: Readonly<Record<string, string>>
  readonly clusterId?: string
}
