/** BENCHMARKS.md has a place for whatever the bench measures, so that nobody measures for an hour in vain. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { aroundTable, sectionKeys } from './report.ts'

const report = readFileSync(new URL('../../BENCHMARKS.md', import.meta.url), 'utf8')

t.test('the report has a place for the table of each section', async t => {
  for (const key of sectionKeys) t.doesNotThrow(() => aroundTable(report, key), key)
})

t.test('a table is put between its marks', async t => {
  const text = 'before\n<!-- bench one -->\nold\n<!-- end of bench one -->\nafter'
  t.same(aroundTable(text, 'one'), ['before\n<!-- bench one -->\n', '<!-- end of bench one -->\nafter'])
  t.throws(() => aroundTable(text, 'two'), { message: 'BENCHMARKS.md has lost its marks for two' })
})
