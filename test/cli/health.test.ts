/** `ottla health` as container engines run it. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { doctor } from '../../lib/cli/doctor.ts'
import { health } from '../../lib/cli/health.ts'
import { authority, SecuredBroker } from '../tls/secured-broker.ts'
import { command, ottla, serving, started } from './command.ts'
import { runHere } from './tools/cluster.ts'

t.test('the exit code says whether a broker serves, one line says why not', async t => {
  const file = join(t.testdir(), 'ready.json')
  const broker = await serving(t, '--ephemeral', '--ready-file', file)
  const address = `${broker.host}:${broker.port}`
  t.same(ottla('health', '--bootstrap', address, '--timeout', '10000'), { code: 0, stdout: '', stderr: '' })
  t.same(ottla('health', '--ready-file', file, '--timeout', '10000'), { code: 0, stdout: '', stderr: '' })
  t.equal(await broker.end('SIGTERM'), 0)
  t.match(ottla('health', '--bootstrap', address), {
    code: 1,
    stderr: /^ottla health: .*connecting: .*ECONNREFUSED.*\n$/,
  })
  t.match(ottla('health', '--ready-file', file), { code: 1, stderr: /is not there/ })
})

t.test('what cannot be carried out is said', async t => {
  const file = join(t.testdir(), 'ready.json')
  writeFileSync(file, 'nonsense')
  for (const [args, expected] of [
    [['--timeout', 'soon'], /milliseconds/],
    [['--bootstrap', 'nowhere'], /host:port/],
    [['--prot', '1'], /--help/],
    [['--ready-file', file], /no file of ottla start/],
  ] as const) {
    t.match(ottla('health', ...args), { code: 1, stdout: '', stderr: expected }, args.join(' '))
  }
  t.match(ottla('health', '--help'), { code: 0, stdout: /--bootstrap/ })
})

t.test('a listener that speaks TLS is checked by the properties of a client', async t => {
  const broker = await SecuredBroker.start(t, {})
  const directory = t.testdir({ 'authority.pem': authority.certificate })
  const file = join(directory, 'client.properties')
  writeFileSync(file, `security.protocol=SSL\nssl.truststore.location=${join(directory, 'authority.pem')}\n`)
  const address = ['--bootstrap', `localhost:${broker.port}`, '--timeout', '10000']
  t.equal((await runHere(health, [...address, '--command-config', file])).code, 0)
  t.match((await runHere(doctor, [...address, '--command-config', file])).stdout, /ok {4}broker .*a group joined/)
  t.match(await runHere(health, [...address]), { code: 1, stderr: /^ottla health: / })
  writeFileSync(file, 'security.protocol=TLS\n')
  await t.rejects(runHere(health, [...address, '--command-config', file]), { message: /TLS of .* SASL_PLAINTEXT/ })
})

const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule required'

t.test('a listener that asks for a login is checked by who is named', async t => {
  const broker = await SecuredBroker.start(t, {
    listeners: 'SASL_SSL://127.0.0.1:0',
    'sasl.enabled.mechanisms': 'PLAIN',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'security.inter.broker.protocol': 'SASL_SSL',
    'listener.name.sasl_ssl.plain.sasl.jaas.config': `${plain} user_alice="secret" user_bob="word";`,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:alice',
  })
  const directory = t.testdir({ 'authority.pem': authority.certificate })
  const file = join(directory, 'client.properties')
  const as = (user: string, password: string) =>
    writeFileSync(
      file,
      `security.protocol=SASL_SSL
sasl.mechanism=PLAIN
sasl.jaas.config=${plain} username="${user}" password="${password}";
ssl.truststore.location=${join(directory, 'authority.pem')}
`,
    )
  const args = ['--bootstrap', `localhost:${broker.port}`, '--timeout', '10000', '--command-config', file]
  as('alice', 'secret')
  t.same(await runHere(health, args), { code: 0, stdout: '', stderr: '' })
  t.match((await runHere(doctor, args)).stdout, /ok {4}broker .*a group joined/)
  as('alice', 'wrong')
  t.match(await runHere(health, args), { code: 1, stderr: /^ottla health: .*connecting: .*[Aa]uthentication/ })
  t.match((await runHere(doctor, args)).stdout, /FAIL {2}broker /)
  as('bob', 'word')
  t.match(await runHere(health, args), { code: 1, stderr: /^ottla health: .*AUTHORIZATION_FAILED/ })
  t.match((await runHere(doctor, args)).stdout, /warn {2}broker .* access rules do not let bob /)
})

t.test('of several listeners the one without encryption and login is asked', async t => {
  const file = join(t.testdir(), 'ready.json')
  const users = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_franz="secret";'
  const sasl = [
    'listener.security.protocol.map=OUT:SASL_PLAINTEXT,IN:PLAINTEXT',
    'sasl.enabled.mechanisms=PLAIN',
    `listener.name.out.plain.sasl.jaas.config=${users}`,
  ]
  const args = ['--dev', '--ephemeral', '--ready-file', file, '--set', ...sasl]
  const start = (listeners: string) =>
    started(t, process.execPath, [command, 'start', ...args, `listeners=${listeners}`])
  const check = () => ottla('health', '--ready-file', file, '--timeout', '10000')
  const both = await start('OUT://127.0.0.1:0,IN://127.0.0.1:0')
  t.same(check(), { code: 0, stdout: '', stderr: '' })
  t.equal(await both.end('SIGTERM'), 0)
  const secured = await start('OUT://127.0.0.1:0')
  t.match(check(), { code: 0, stdout: /speaks SASL_PLAINTEXT and accepts connections; .*--command-config/ })
  t.equal(await secured.end('SIGTERM'), 0)
  writeFileSync(file, JSON.stringify({ listeners: [{ address: '127.0.0.1:1', securityProtocol: 'SSL' }] }))
  t.match(check(), { code: 1, stderr: /connecting: .*ECONNREFUSED/ })
})

t.test('where access rules stand in the way, who goes by the file is content with an answer', async t => {
  const file = join(t.testdir(), 'ready.json')
  const authorizer = 'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer'
  const { host, port, end } = await serving(t, '--ephemeral', '--ready-file', file, '--set', authorizer)
  t.match(ottla('health', '--ready-file', file), {
    code: 0,
    stdout: /answers; .* access rules .*TOPIC_AUTHORIZATION_FAILED/,
  })
  t.match(ottla('health', '--bootstrap', `${host}:${port}`), { code: 1, stderr: /TOPIC_AUTHORIZATION_FAILED/ })
  await end('SIGTERM')
})

t.test('it loads nothing of the broker', async t => {
  const hook = `import m from 'node:module'; m.registerHooks?.({ load(url, c, next) { console.log(url); return next(url, c) } })`
  const { stdout } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, command, 'health', '--bootstrap', '127.0.0.1:1'],
    { encoding: 'utf8' },
  )
  t.notMatch(stdout, /\/(?:broker|start)-\w+\.js/)
})
