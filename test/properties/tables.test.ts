/**
 * Each property of Apache Kafka's three tables has its effect, and a test that sees it; or it has none, for a reason that stands in skipped.md.
 * Which test sees the effect of which property is kept in test/fixtures/property-tests.tsv.
 */
import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { groupOf, propertyGroups, reasonOf } from '../../conformance/property-groups.ts'
import { listWritten } from '../../conformance/skipped.ts'
import { brokerProperties, groupProperties, topicProperties } from '../../lib/config/definitions.ts'
import type { Properties } from '../../lib/config/property.ts'

const tables: Readonly<Record<string, Properties>> = {
  broker: brokerProperties,
  topic: topicProperties,
  group: groupProperties,
}
/** The properties of Apache Kafka: scope and name. */
const facts = rowsOf('../fixtures/config-properties.tsv').filter(([scope]) => scope! in tables)
const tests = new Map(
  rowsOf('../fixtures/property-tests.tsv').map(([scope, name, test]) => [`${scope} ${name}`, test!] as const),
)

function rowsOf(path: string): string[][] {
  const lines = readFileSync(new URL(path, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
  return lines.slice(1).map(line => line.split('\t'))
}

/** Whether a text names a property, and not only a longer one. */
function names(text: string, property: string): boolean {
  return new RegExp(`(?<![\\w.])${property.replaceAll('.', '\\.')}(?![\\w-]|\\.\\w)`).test(text)
}

t.test('each property has a test that names it, or stands in skipped.md with a reason', t => {
  const skipped = listWritten('missing')
  for (const [scope, name] of facts) {
    const property = tables[scope!]?.[name!]
    const test = tests.get(`${scope} ${name}`)
    if (property?.effective) {
      if (test === undefined) t.fail(`${scope} property ${name} has an effect that no test is known to see`)
      continue
    }
    const title = groupOf(name!, propertyGroups)
    if (test !== undefined) t.fail(`${scope} property ${name} has a test, but no effect`)
    if (reasonOf(title, propertyGroups) === undefined)
      t.fail(`${scope} property ${name} has no effect for no reason (${title})`)
    if (!skipped.includes(`\`${name}\``)) t.fail(`${scope} property ${name} is not in skipped.md`)
  }
  t.ok(facts.length > 400)
  t.end()
})

t.test('the tests are there, and name what they see', t => {
  const known = new Set(facts.map(([scope, name]) => `${scope} ${name}`))
  for (const [property, test] of tests) {
    if (!known.has(property)) t.fail(`there is no ${property}`)
    const file = new URL(`../${test}`, import.meta.url)
    if (!existsSync(file)) t.fail(`${test}, which sees ${property}, is not there`)
    else if (!names(readFileSync(file, 'utf8'), property.slice(property.indexOf(' ') + 1)))
      t.fail(`${test} does not name ${property}`)
  }
  t.ok(tests.size > 150)
  t.end()
})
