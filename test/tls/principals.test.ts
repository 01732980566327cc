/**
 * Principals from certificates: names as Java's X500Principal.getName() writes them, recorded of Java 17, and what Apache Kafka 4.4's
 * SslPrincipalMapper makes of names by rules. The tables are JSON texts beside DER in hex.
 */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readDer } from '../../lib/tls/der.ts'
import { nameOf, subjectOf } from '../../lib/tls/distinguished-name.ts'
import { PrincipalRulesError, parsePrincipalRules } from '../../lib/tls/principal-rules.ts'
import { root } from '../sources.ts'
import { local } from './secured-broker.ts'

function table(name: string): string[][] {
  const text = readFileSync(join(root, 'test/fixtures', name), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map(line => line.split('\t'))
}

t.test('a name is written as Java writes it', async t => {
  const rows = table('distinguished-names.tsv')
  t.ok(rows.length > 80)
  for (const [name, der] of rows) t.equal(nameOf(readDer(Buffer.from(der!, 'hex'))), JSON.parse(name!), der)
})

t.test('the subject is found in a certificate', async t => {
  t.equal(subjectOf(new X509Certificate(local.certificate).raw), 'CN=localhost')
})

t.test('rules make of a name what Kafka makes of it', async t => {
  const rows = table('principal-rules.tsv')
  t.ok(rows.length > 100)
  for (const [rules, name, expected] of rows) {
    const text = JSON.parse(rules!) as string
    if (expected === 'invalid') {
      t.throws(() => parsePrincipalRules(text), PrincipalRulesError, text)
      continue
    }
    const made = parsePrincipalRules(text).nameOf(JSON.parse(name!) as string)
    t.equal(made ?? null, JSON.parse(expected!), `${rules} of ${name}`)
  }
})
