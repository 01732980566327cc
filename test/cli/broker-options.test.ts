/** What command lines and variables ask of a broker. */
import t from 'tap'
import { brokerOptionsOf } from '../../lib/cli/broker-options.ts'

t.test('a container is told by variables what to serve over HTTP', async t => {
  const http = async (argv: string[], variables: Record<string, string>, command = 'start') =>
    (await brokerOptionsOf(command, argv, variables))?.broker.http
  t.equal(await http([], {}), undefined)
  t.equal(await http([], { OTTLA_HTTP: '', OTTLA_HTTP_WRITE: '1' }), undefined)
  t.same(await http([], { OTTLA_HTTP: '0.0.0.0:8080' }), { address: '0.0.0.0:8080' })
  t.same(await http(['--http', '1'], { OTTLA_HTTP: '2', OTTLA_HTTP_WRITE: 'no' }), { address: '1' })
  t.same(
    await http([], {
      OTTLA_HTTP: '2',
      OTTLA_HTTP_HOSTS: 'kafka.example, ops.example:8443',
      OTTLA_HTTP_PATH: '/kafka',
      OTTLA_HTTP_TOKEN: 'secret',
      OTTLA_HTTP_WRITE: '1',
    }),
    { address: '2', hosts: ['kafka.example', 'ops.example:8443'], path: '/kafka', token: 'secret', write: true },
  )
  t.equal(await http([], { OTTLA_HTTP: '2' }, 'exec'), undefined, 'a command in a container has a broker of its own')
})

t.test('a broker for tests may be several, pass for another Kafka, and be traced', async t => {
  const of = async (...argv: string[]) => brokerOptionsOf('start', argv, {})
  const asked = await of('--testing', '--brokers', '3', '--persona', '3.9', '--http', '0', '--trace')
  t.match(asked, { brokers: 3, testing: true, persona: '3.9', trace: 'words', broker: { http: { address: '0' } } })
  t.match(await of('--testing'), { brokers: null, persona: null, seed: null, offsetCommitVersion: null })
  const drawn = await of('--testing', '--seed', '7', '--offset-commit-version', '3')
  t.match(drawn, { seed: 7, offsetCommitVersion: 3 })
  await t.rejects(of('--brokers', '3', '--dev-tls'), /--dev-tls is for a broker alone/)
  t.match(await of('--brokers', '3', '--http', '0'), { brokers: 3, broker: { http: { address: '0' } } })
  await t.rejects(of('--brokers', '3', '--trace'), /are for a broker alone/)
  await t.rejects(of('--persona', '3.9'), /--persona is for ottla start --testing/)
  await t.rejects(of('--seed', '7'), /--seed is for ottla start --testing/)
  await t.rejects(of('--testing', '--seed', 'x'), /--seed x is no whole number/)
  await t.rejects(of('--testing', '--offset-commit-version', '5'), /takes 3 or 4, not 5/)
  await t.rejects(brokerOptionsOf('exec', ['--testing'], {}), /--testing is for ottla start/)
})
