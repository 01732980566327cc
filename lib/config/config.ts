/**
 * The broker's settings: what the properties file and the command line say, and over that what clients changed while
 * the broker runs. A value is looked up in Kafka's order: this broker's dynamic one, that of all brokers, the static
 * one, the default.
 */
import { configSources } from '../../protocol/config-sources.ts'
import { Secret } from '../base/secret.ts'
import { type BrokerPropertyName, type BrokerValue, brokerProperties, brokerProperty } from './definitions.ts'
import { nameAdvice } from './names.ts'
import type { Property } from './property.ts'
import type { BrokerSettings } from './settings.ts'
import { checkTogether } from './together.ts'
import { ConfigError, exactText, formatValue, parsedOrUndefined, parseValue } from './values.ts'

export { ConfigError } from './values.ts'

type Texts = ReadonlyMap<string, string>
/** Told the names whose values changed; none where only settings of single listeners or of plug-ins did. */
type ChangeListener = (changed: ReadonlySet<BrokerPropertyName>) => void

const none: Texts = new Map()
const defaults: ReadonlyMap<string, unknown> = new Map(
  Object.entries(brokerProperties).map(([name, { defaultValue }]: [string, Property]) => [name, defaultValue]),
)

export class BrokerConfig implements BrokerSettings {
  readonly #static: Texts
  #dynamicDefault: Texts = none
  #dynamicOwn: Texts = none
  /** Of properties that are set, which are few of several hundred. */
  #values = new Map<string, unknown>()
  readonly #listeners: ChangeListener[] = []

  private constructor(texts: Texts) {
    this.#static = texts
    this.#values = this.#resolve()
  }

  /**
   * Reads properties by Kafka's names. Unknown names are told to `warn` with the nearest known one, and otherwise
   * only kept; bad values throw a ConfigError with a line for each.
   */
  static parse(
    properties: Readonly<Record<string, string>>,
    { warn = () => {} }: { warn?: (message: string) => void } = {},
  ): BrokerConfig {
    const texts = new Map<string, string>()
    const errors: ConfigError[] = []
    for (const [name, text] of Object.entries(properties)) {
      const property = brokerProperty(name)
      texts.set(name, text)
      if (property === undefined) {
        const advice = nameAdvice(name)
        if (advice !== null) warn(advice)
        continue
      }
      if (property.visibility === 'dynamic-only') {
        warn(`${name} can only be set while the broker runs, and is ignored`)
        continue
      }
      try {
        parseValue(name, property, text)
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
        errors.push(error)
      }
    }
    if (errors.length > 0) throw new ConfigError(errors[0]!.property, errors.map(error => error.message).join('\n'))
    // The two names of the node's number stand for each other.
    if (texts.has('broker.id') && !texts.has('node.id')) texts.set('node.id', texts.get('broker.id')!)
    else if (texts.has('node.id') && !texts.has('broker.id')) texts.set('broker.id', texts.get('node.id')!)
    const config = new BrokerConfig(texts)
    checkTogether(config)
    return config
  }

  /** The value that holds now. */
  get<N extends BrokerPropertyName>(name: N): BrokerValue<N> {
    return valueIn(this.#values, name) as BrokerValue<N>
  }

  /** The same as Kafka prints it, to the last digit of a long; null where nothing is set. */
  text(name: BrokerPropertyName): string | null {
    const property: Property = brokerProperties[name]
    const layer = this.#holding(name, property)
    return layer === undefined ? formatValue(property, property.defaultValue) : exactText(name, property, layer.text)
  }

  /** The directories of the logs, the first of which also keeps the metadata. */
  get logDirs(): readonly string[] {
    const several = this.get('log.dirs')
    return several !== null && several.length > 0 ? several : this.get('log.dir')
  }

  /** Where the value of a name is set: the strongest first, the default last where there is one. Texts are as they were given. */
  layers(name: string): { readonly source: number; readonly text: string }[] {
    const layers: { source: number; text: string }[] = []
    const add = (source: number, texts: Texts) => {
      const text = texts.get(name)
      if (text !== undefined) layers.push({ source, text })
    }
    add(configSources.DYNAMIC_BROKER_CONFIG, this.#dynamicOwn)
    add(configSources.DYNAMIC_DEFAULT_BROKER_CONFIG, this.#dynamicDefault)
    add(configSources.STATIC_BROKER_CONFIG, this.#static)
    return layers
  }

  /** Names that are set anywhere, known ones and those of plug-ins and of single listeners. */
  setNames(): string[] {
    return [...new Set([...this.#static.keys(), ...this.#dynamicDefault.keys(), ...this.#dynamicOwn.keys()])]
  }

  /** Puts dynamic settings, those of all brokers and this broker's own, in the place of the earlier ones; then tells the listeners what changed. */
  applyDynamic(ofAll: Texts, own: Texts): void {
    const before = this.#values
    const others = this.#otherTexts()
    this.#dynamicDefault = ofAll
    this.#dynamicOwn = own
    this.#values = this.#resolve()
    const changed = new Set<BrokerPropertyName>()
    for (const name of new Set([...before.keys(), ...this.#values.keys()])) {
      if (!sameValue(valueIn(before, name), valueIn(this.#values, name))) changed.add(name as BrokerPropertyName)
    }
    if (changed.size > 0 || this.#otherTexts() !== others) for (const listener of this.#listeners) listener(changed)
  }

  /** The same settings with other dynamic ones: what a change would lead to. Throws ConfigError where that is not allowed. */
  withDynamic(ofAll: Texts, own: Texts): BrokerConfig {
    const config = new BrokerConfig(this.#static)
    config.applyDynamic(ofAll, own)
    checkTogether(config)
    return config
  }

  onChange(listener: ChangeListener): void {
    this.#listeners.push(listener)
  }

  /** What is set of single listeners and of plug-ins. */
  #otherTexts(): string {
    const names = this.setNames().filter(name => brokerProperty(name) === undefined)
    return JSON.stringify(names.map(name => [name, this.layers(name)]))
  }

  #resolve(): Map<string, unknown> {
    const values = new Map<string, unknown>()
    for (const name of this.setNames()) {
      const property = brokerProperty(name)
      const value = property && this.#holding(name, property)?.value
      if (value !== undefined && value !== null) values.set(name, value)
    }
    return values
  }

  /**
   * What holds of all that a name is set to. Static texts were checked when they were read; a stored dynamic one may come
   * from a broker with other bounds: it is passed over.
   */
  #holding(name: string, property: Property): { readonly text: string; readonly value: unknown } | undefined {
    for (const { text, source } of this.layers(name)) {
      if (property.visibility === 'dynamic-only' && source === configSources.STATIC_BROKER_CONFIG) continue
      const value = parsedOrUndefined(name, property, text)
      if (value !== undefined) return { text, value }
    }
    return undefined
  }
}

/** None that is set is undefined. */
function valueIn(values: ReadonlyMap<string, unknown>, name: string): unknown {
  const value = values.get(name)
  return value === undefined ? defaults.get(name) : value
}

function sameValue(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((member, i) => member === b[i])
  return a === b || (a instanceof Secret && a.equals(b))
}
