/** The page of properties must be that of the tables. */
import t from 'tap'
import { configurationNow, configurationWritten } from '../../conformance/configuration.ts'
import { brokerProperties, groupProperties, topicProperties } from '../../lib/config/definitions.ts'
import { metadataStoreProperties } from '../../lib/config/metadata-store.ts'
import { topicPolicyProperties } from '../../lib/config/topic-policy.ts'

t.test('docs/configuration.md is what the tables of properties say', t => {
  t.equal(configurationWritten(), configurationNow(), 'write it anew: npm run docs')
  t.end()
})

t.test('every property of brokers, topics and groups has one row, with what it does or why it does nothing', t => {
  const rows = configurationNow()
    .split('\n')
    .filter(line => line.startsWith('| `'))
  const own = [metadataStoreProperties, topicPolicyProperties]
  const names = [brokerProperties, topicProperties, groupProperties, ...own].flatMap(table => Object.keys(table))
  t.same(rows.map(row => /^\| `([^`]+)`/.exec(row)![1]).sort(), [...names].sort())
  for (const row of rows) {
    const cells = row.slice(2, -2).split(' | ')
    if (cells.length !== 5 || cells[4]!.trim() === '') t.fail(row)
  }
  t.notMatch(rows.join('\n'), /\*\*Without effect\*\*: Others/, 'each that has no effect belongs to something')
  t.end()
})
