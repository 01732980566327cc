/** The property tables against the facts of Apache Kafka's own. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { clientMetricsProperties } from '../../lib/config/client-metrics.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import { brokerProperties, brokerProperty, groupProperties, topicProperties } from '../../lib/config/definitions.ts'
import { describeBroker, describeClientMetrics, describeGroup, describeTopic } from '../../lib/config/describe.ts'
import {
  boolean,
  double,
  int,
  list,
  long,
  type Properties,
  type Property,
  short,
  string,
} from '../../lib/config/property.ts'
import { ConfigError, exactText, formatValue, parseValue, refuseRepeats } from '../../lib/config/values.ts'

/**
 * The properties of Apache Kafka 4.4.0: name, type, default, importance, update mode, what is allowed, whether they are listed,
 * and their place in the answer of DescribeConfigs.
 */
const facts = readFileSync(new URL('../fixtures/config-properties.tsv', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .slice(1)
  .map(line => {
    const [scope, name, type, byDefault, importance, updateMode, allowed, visibility, place] = line.split('\t')
    return {
      scope: scope!,
      name: name!,
      type: type!,
      byDefault: byDefault!,
      importance: importance!,
      updateMode,
      allowed: allowed!,
      visibility: visibility!,
      place: Number(place),
    }
  })

const tables: Record<string, Properties> = {
  broker: brokerProperties,
  topic: topicProperties,
  group: groupProperties,
  'client-metrics': clientMetricsProperties,
}

function rowOf(scope: string, name: string): Property | undefined {
  return tables[scope]?.[name]
}

t.test(
  'every property of Kafka, internal ones too, has a row with its type, default, importance and update mode, and there are no others',
  t => {
    for (const { scope, name, type, byDefault, importance, updateMode, visibility } of facts) {
      const row = rowOf(scope, name)
      if (row === undefined) {
        t.fail(`${scope} property ${name} has no row`)
        continue
      }
      const expected = {
        type: type.toLowerCase(),
        byDefault:
          byDefault === 'null'
            ? null
            : byDefault.startsWith('[')
              ? byDefault.slice(1, -1).replaceAll(', ', ',')
              : byDefault,
        importance: importance.toLowerCase(),
        updateMode: updateMode || 'read-only',
        visibility,
      }
      const actual = {
        type: row.type,
        byDefault: row.required ? '<required>' : formatValue(row, row.defaultValue),
        importance: row.importance,
        updateMode: row.updateMode,
        visibility: row.visibility,
      }
      if (JSON.stringify(actual) !== JSON.stringify(expected)) t.same(actual, expected, `${scope} property ${name}`)
    }
    for (const [scope, table] of Object.entries(tables)) {
      t.equal(Object.keys(table).length, facts.filter(fact => fact.scope === scope).length, `${scope} properties`)
    }
    t.end()
  },
)

t.test('every bound and every word that Kafka allows is allowed, and the next beyond is not', t => {
  for (const { scope, name, type, allowed } of facts) {
    const row = rowOf(scope, name)!
    const accepts = (text: string) => {
      try {
        parseValue(name, row, text)
        refuseRepeats(name, row, text)
        return true
      } catch {
        return false
      }
    }
    if (type === 'LIST' && accepts('a,a') !== !/^(distinct|\[[^\]]*\]$)/.test(allowed) && accepts('a'))
      t.fail(`${name} takes a member twice, or not`)
    if (allowed.startsWith('distinct') && accepts('') !== (allowed === 'distinct'))
      t.fail(`${name} may be empty, or not`)
    if (allowed === 'non-empty string' && accepts('')) t.fail(`${name} may not be empty`)
    const range = /^\[(-?[\d.]+),\.\.\.(?:,(-?[\d.]+))?\]$/.exec(allowed)
    const step = type === 'DOUBLE' ? 0.001 : 1
    if (range) {
      const least = Number(range[1])
      if (!accepts(String(least)) || accepts(String(least - step))) t.fail(`${name} is at least ${least}`)
      const most = range[2] === undefined ? null : Number(range[2])
      if (most !== null && (!accepts(String(most)) || accepts(String(most + step))))
        t.fail(`${name} is at most ${most}`)
    } else if (allowed.startsWith('[') && /^(STRING|LIST)$/.test(type) && !allowed.includes(':')) {
      for (const word of allowed.slice(1, -1).split(', ')) if (!accepts(word)) t.fail(`${name} takes ${word}`)
      if (accepts('nonsense')) t.fail(`${name} does not take nonsense`)
    }
  }
  t.end()
})

t.test('the defaults are allowed by their own rows', t => {
  for (const [scope, table] of Object.entries(tables)) {
    for (const [name, row] of Object.entries(table)) {
      const text = formatValue(row, row.defaultValue)
      if (text === null) continue
      const again = parseValue(name, row, text)
      if (formatValue(row, again) !== text) t.equal(formatValue(row, again), text, `${scope} property ${name}`)
    }
  }
  t.end()
})

t.test('what stands behind a topic or group property is a broker property of the same kind', t => {
  for (const table of [topicProperties, groupProperties] as Properties[]) {
    for (const [name, row] of Object.entries(table)) {
      for (const synonym of row.brokerSynonyms) {
        const counterpart = brokerProperty(synonym.name)
        if (counterpart === undefined) t.fail(`${name} stands on ${synonym.name}, which there is not`)
        else if (typeof row.defaultValue === 'number') {
          t.ok(['int', 'short', 'long', 'double'].includes(counterpart.type), `${name} and ${synonym.name} are numbers`)
        }
      }
    }
  }
  t.end()
})

t.test('a row that has an effect says which in one line, and one that has none is marked', t => {
  for (const table of Object.values(tables)) {
    for (const [name, row] of Object.entries(table)) {
      if (row.effective !== (row.doc !== null)) t.fail(`${name} is effective with a line of documentation, or neither`)
      if (row.doc?.includes('\n')) t.fail(`${name} has more than one line`)
    }
  }
  t.ok(brokerProperty('message.max.bytes')?.effective)
  t.notOk(brokerProperty('num.io.threads')?.effective)
  t.end()
})

t.test('settings are told in the order in which Kafka tells them', t => {
  const broker = BrokerConfig.parse({})
  const none = new Map<string, string>()
  const told = {
    broker: describeBroker(broker),
    topic: describeTopic(none, broker),
    group: describeGroup(none, broker),
    'client-metrics': describeClientMetrics(none),
  }
  for (const [scope, configs] of Object.entries(told)) {
    const places = facts.filter(fact => fact.scope === scope && fact.place > 0).sort((a, b) => a.place - b.place)
    t.same(
      configs.map(({ name }) => name),
      places.map(({ name }) => name),
      scope,
    )
  }
  t.end()
})

t.test('a text of any type is read, printed or refused as Kafka reads, prints or refuses it', t => {
  const rows = {
    boolean: boolean(true),
    short: short(0),
    int: int(0),
    long: long(0),
    double: double(0),
    string: string(''),
    list: list([], { distinct: false }),
  }
  const [head, ...lines] = readFileSync(new URL('../fixtures/config-values.tsv', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
  const types = head!.split('\t').slice(1) as (keyof typeof rows)[]
  for (const line of lines) {
    const [text, ...cells] = line.split('\t')
    for (const [i, type] of types.entries()) {
      const expected: unknown = cells[i] === '-' ? null : JSON.parse(cells[i]!)
      const actual = printed(rows[type], JSON.parse(text!))
      if (actual !== expected) t.equal(actual, expected, `${type} ${text}`)
    }
  }
  t.equal(lines.length, 189)
  t.end()
})

/** Null where the text is refused. */
function printed(row: Property, text: string): string | null {
  try {
    parseValue('name', row, text)
    return exactText('name', row, text)
  } catch (error) {
    if (error instanceof ConfigError) return null
    throw error
  }
}
