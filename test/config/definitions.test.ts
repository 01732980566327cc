/** The property tables against the facts of Apache Kafka's own. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { brokerProperties, brokerProperty, groupProperties, topicProperties } from '../../lib/config/definitions.ts'
import type { Properties, Property } from '../../lib/config/property.ts'
import { formatValue, parseValue } from '../../lib/config/values.ts'

/** Apache Kafka's properties: name, type, default, importance, update mode, and what is allowed. */
const facts = readFileSync(new URL('../fixtures/config-properties.tsv', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .slice(1)
  .map(line => {
    const [scope, name, type, byDefault, importance, updateMode, allowed] = line.split('\t')
    return {
      scope: scope!,
      name: name!,
      type: type!,
      byDefault: byDefault!,
      importance: importance!,
      updateMode,
      allowed: allowed!,
    }
  })

const tables: Record<string, Properties> = {
  broker: brokerProperties,
  topic: topicProperties,
  group: groupProperties,
}

function rowOf(scope: string, name: string): Property | undefined {
  return tables[scope]?.[name]
}

t.test(
  'every property of Kafka has a row with its type, default, importance and update mode, and there are no others',
  t => {
    for (const { scope, name, type, byDefault, importance, updateMode } of facts) {
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
      }
      const actual = {
        type: row.type,
        byDefault: byDefault === '<required>' ? '<required>' : formatValue(row.defaultValue),
        importance: row.importance,
        updateMode: row.updateMode,
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
        return true
      } catch {
        return false
      }
    }
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
      const text = formatValue(row.defaultValue)
      if (text === null) continue
      const again = parseValue(name, row, text)
      if (formatValue(again) !== text) t.equal(formatValue(again), text, `${scope} property ${name}`)
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
