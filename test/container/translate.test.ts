/** How an environment is put together, whose rules hold, and what the file that is made of it looks like. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { parseProperties } from '../../lib/config/properties.ts'
import { dialectOf } from '../../lib/container/dialects.ts'
import { environmentOf } from '../../lib/container/environment.ts'
import { propertyOf, rowOf } from '../../lib/container/names.ts'
import { lineOf, madeHere, valueIn } from '../../lib/container/text.ts'
import { translate } from '../../lib/container/translate.ts'
import { isOfKubernetes, wordOf } from '../../lib/container/words.ts'
import { loginFileIn, moduleFor, parseLoginFile } from '../../lib/security/jaas.ts'

const page = new URL('../../docs/container.md', import.meta.url)
const nothing = () => null
const reader = (files: Readonly<Record<string, string>>) => (path: string) => files[path] ?? null

t.test('a variable that dash has dropped is found with the processes above', async t => {
  const above = ['PATH=/bin\0KAFKA_LISTENER_NAME_TC-0_X=a=b\0KAFKA_NODE_ID=7\0', null, 'KAFKA_A-B=near\0']
  t.same(environmentOf({ KAFKA_NUM_PARTITIONS: '2', GONE: undefined }, above), {
    'KAFKA_LISTENER_NAME_TC-0_X': 'a=b',
    'KAFKA_A-B': 'near',
    KAFKA_NUM_PARTITIONS: '2',
  })
})

t.test("this process's own value wins, and what a shell has unset stays unset", async t => {
  t.same(environmentOf({ 'KAFKA_A-B': 'own' }, ['KAFKA_A-B=above\0KAFKA_C=above\0']), { 'KAFKA_A-B': 'own' })
})

t.test('whose rules hold is seen by variables and volumes', async t => {
  t.equal(dialectOf({ KAFKA_NODE_ID: '1' }, nothing), 'apache')
  t.equal(dialectOf({ KAFKA_CFG_NODE_ID: '1' }, nothing), 'bitnami')
  t.equal(dialectOf({ ALLOW_PLAINTEXT_LISTENER: 'yes' }, nothing), 'bitnami')
  t.equal(dialectOf({}, reader({ '/bitnami/kafka/data/meta.properties': 'version=1' })), 'bitnami')
  t.equal(
    translate({ variables: { KAFKA_CFG_NODE_ID: '1' }, read: nothing }).outFile,
    '/opt/bitnami/kafka/config/server.properties',
  )
  t.equal(translate({ variables: {}, read: nothing, dialect: 'confluent' }).outFile, '/etc/kafka/kafka.properties')
})

t.test("a value means what it means in the images' files", async t => {
  t.equal(valueIn('  a b '), 'a b ', 'blanks before it are left out')
  t.equal(valueIn('a\\tb\\\\c'), 'a\tb\\c', 'a backslash escapes')
  t.equal(valueIn('one\ntwo'), 'one\ntwo', 'a line break stays')
  t.equal(valueIn('one\\\n  two'), 'onetwo', 'unless a backslash takes it away')
  t.equal(valueIn('one\\\\\ntwo'), 'one\\\ntwo')
  t.equal(valueIn(''), '')
})

t.test('what is written is read back as it was', async t => {
  for (const value of ['', ' a', 'a\\b', 'a\nb', 'RULE:^CN=(.*?),.*$/$1/L,DEFAULT', 'x="y";', '\t', '#a', 'é']) {
    t.same(parseProperties(lineOf('a.b', value)), { 'a.b': value }, JSON.stringify(value))
  }
  t.same(parseProperties(lineOf('a b:c=d', '1')), { 'a b:c=d': '1' })
})

t.test('the file is in the order of names, and says that it is made anew', async t => {
  const { text } = translate({ variables: { KAFKA_NUM_PARTITIONS: '2' }, read: nothing })
  t.equal(text, `${madeHere}\nlisteners=PLAINTEXT://:9092\nlog.dirs=/var/lib/kafka/data\nnum.partitions=2\n`)
})

t.test('a file that was made before is not read', async t => {
  const outFile = '/out'
  const before = translate({ variables: { KAFKA_NUM_PARTITIONS: '2' }, read: nothing, outFile })
  const after = translate({ variables: {}, read: reader({ [outFile]: before.text }), outFile })
  t.notMatch(after.text, 'num.partitions')
})

t.test("a user's file there is kept with the variables over it, each time", async t => {
  const outFile = '/out'
  const variables = { KAFKA_NUM_PARTITIONS: '2' }
  const first = translate({ variables, read: reader({ [outFile]: 'num.partitions=1\nlog.dirs=/d' }), outFile })
  t.equal(first.text, 'listeners=PLAINTEXT://:9092\nlog.dirs=/d\nnum.partitions=2\n')
  t.equal(translate({ variables, read: reader({ [outFile]: first.text }), outFile }).text, first.text)
})

t.test('a sentence about a value of a file names the file', async t => {
  const read = reader({ '/mnt/shared/config/server.properties': 'num.partitions=none' })
  t.match(translate({ variables: {}, read }).errors, [
    /^\/mnt\/shared\/config\/server\.properties: num\.partitions cannot be/,
  ])
})

t.test('all values that are wrong are told together', async t => {
  const variables = { KAFKA_NUM_PARTITIONS: 'x', KAFKA_LOG_RETENTION_MS: 'y', KAFKA_SSL_KEY_PASSWORD: 'z' }
  const { errors } = translate({ variables, read: nothing })
  t.equal(errors.length, 2)
  t.match(errors.join('\n'), /KAFKA_LOG_RETENTION_MS: .*\n*.*KAFKA_NUM_PARTITIONS: /s)
})

t.test('a login file is read with its comments, quotes and sections', async t => {
  const sections = parseLoginFile(`// first
    KafkaServer { # the broker's
      org.apache.kafka.common.security.plain.PlainLoginModule required
        username="a \\"b\\";" user_a=secret /* no more */ ;
      org.apache.kafka.common.security.scram.ScramLoginModule REQUIRED;
    };
    "internal.KafkaServer" { a.B optional; }
    Client { };`)
  t.same([...sections.keys()], ['KafkaServer', 'internal.KafkaServer', 'Client'])
  t.equal(
    moduleFor(sections, 'EXTERNAL', 'PLAIN')?.text,
    'org.apache.kafka.common.security.plain.PlainLoginModule required username="a \\"b\\";" user_a=secret;',
  )
  t.match(moduleFor(sections, 'EXTERNAL', 'SCRAM-SHA-512')?.className, 'ScramLoginModule')
  t.equal(moduleFor(sections, 'EXTERNAL', 'GSSAPI'), null)
  t.equal(moduleFor(sections, 'Internal', 'PLAIN')?.className, 'a.B', "a listener's own section counts first")
})

t.test('what is no login file is refused with the place', async t => {
  t.throws(() => parseLoginFile('KafkaServer { a.B required'), { message: /ends where/ })
  t.throws(() => parseLoginFile('KafkaServer a.B'), { message: /has 'a\.B' where '\{'/ })
  t.throws(() => parseLoginFile('KafkaServer { a.B x="y'), SyntaxError)
  const variables = { KAFKA_LISTENERS: 'SASL_SSL://:1', KAFKA_OPTS: '-Djava.security.auth.login.config=/j' }
  t.match(translate({ variables, read: reader({ '/j': 'nonsense' }) }).errors, [
    /^KAFKA_OPTS names the login file \/j, which is no login file: .*; write KafkaServer/,
  ])
})

t.test('the options of a JVM name the login file in several ways', async t => {
  t.equal(loginFileIn('-Xmx1G -Djava.security.auth.login.config=/a/b.conf -ea'), '/a/b.conf')
  t.equal(loginFileIn('-Djava.security.auth.login.config="/a b"'), '/a b')
  t.equal(loginFileIn('-Djava.security.auth.login.config==/a'), '/a')
  t.equal(loginFileIn('-Xmx1G'), null)
})

t.test('the page on variables names only those that are known', async t => {
  const names = new Set(
    [...readFileSync(page, 'utf8').matchAll(/`(KAFKA_[A-Z\d_-]*[A-Z\d])(?=[`=])/g)].map(([, name]) => name),
  )
  t.ok(names.size > 30, 'it names many')
  for (const name of names) {
    const isSet = (propertyOf(name) ?? '') !== '' && rowOf(propertyOf(name)!) !== undefined
    t.ok(isSet || wordOf(name) !== undefined || isOfKubernetes(name, 'tcp://10.0.0.1:9092'), name)
  }
})
