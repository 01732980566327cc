/** The broker's settings as those read them who do not change them. */
import type { BrokerPropertyName, BrokerValue } from './definitions.ts'

export interface BrokerSettings {
  /** The value that holds now. */
  get<N extends BrokerPropertyName>(name: N): BrokerValue<N>
  /** The same as Kafka prints it, to the last digit of a long; null where nothing is set. */
  text(name: BrokerPropertyName): string | null
  /** The directories of the logs, the first of which also keeps the metadata. */
  readonly logDirs: readonly string[]
  /** Where the value of a name is set: the strongest first, the default last where there is one. Texts are as they were given. */
  layers(name: string): { readonly source: number; readonly text: string }[]
  /** Names that are set anywhere, known ones and those of plug-ins and of single listeners. */
  setNames(): string[]
}
