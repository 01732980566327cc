/** What each variable of the three images becomes, and what is said of it: a row for each, from the documentation of the images. */
import t from 'tap'
import type { DialectName } from '../../lib/container/dialects.ts'
import { translate } from '../../lib/container/translate.ts'
import { apacheRows } from './apache-variables.ts'
import { bitnamiRows } from './bitnami-variables.ts'
import { confluentRows } from './confluent-variables.ts'

const plain = { listeners: 'PLAINTEXT://:9092' }
const data: Readonly<Record<DialectName, string>> = {
  apache: '/var/lib/kafka/data',
  confluent: '/var/lib/kafka/data',
  bitnami: '/bitnami/kafka/data',
}
const rows = [...apacheRows, ...confluentRows, ...bitnamiRows]

t.equal(rows.length >= 60, true, 'the documentation of three images is long')

for (const [index, row] of rows.entries()) {
  const { of, set, becomes = {}, warns, says, refuses, files = {}, clusterId = null } = row
  const shown = Object.entries(set).map(([name, value]) => `${name}=${value}`)
  t.test(`${index + 1}, ${of}: ${shown.join(' ') || 'no variable'}`, async t => {
    const read = (path: string) => files[path] ?? null
    const { settings, warnings, debug, errors, clusterId: id } = translate({ variables: set, read, dialect: of })
    const values = Object.fromEntries([...settings].map(([name, { value }]) => [name, value]))
    const where = 'log.dir' in becomes ? {} : { 'log.dirs': data[of] }
    t.strictSame(values, { ...plain, ...where, ...becomes })
    t.equal(id, clusterId, 'the cluster id')
    t.equal(warnings.length, warns === undefined ? 0 : 1, `warnings: ${warnings.join('; ')}`)
    if (warns) t.match(warnings[0], warns)
    if (says)
      t.ok(
        debug.some(line => says.test(line)),
        `debug lines: ${debug.join('; ')}`,
      )
    t.equal(errors.length, refuses === undefined ? 0 : 1, `errors: ${errors.join('; ')}`)
    if (refuses) t.match(errors[0], refuses)
  })
}
