/** Tools at a listener that speaks TLS, by the properties of --command-config. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { systemClock } from '../../../lib/base/clock.ts'
import { kafkaTopics } from '../../../lib/cli/tools/topics.ts'
import { Authority } from '../../../lib/tls/authority.ts'
import { authority, SecuredBroker } from '../../tls/secured-broker.ts'
import { runHere } from './cluster.ts'

t.test('a tool shows its certificate, and checks that of the broker', async t => {
  const broker = await SecuredBroker.start(t, { 'ssl.client.auth': 'required' })
  const own = authority.issue({ name: 'tool' })
  const directory = t.testdir({ 'tool.pem': own.key + own.certificate, 'authority.pem': authority.certificate })
  const run = (host: string, properties: Record<string, string>) => {
    const file = join(directory, 'client.properties')
    const all = { 'security.protocol': 'SSL', 'default.api.timeout.ms': '60000', ...properties }
    writeFileSync(
      file,
      Object.entries(all)
        .map(pair => `${pair.join('=')}\n`)
        .join(''),
    )
    return runHere(kafkaTopics, ['--bootstrap-server', `${host}:${broker.port}`, '--command-config', file, '--list'])
  }
  const good = {
    'ssl.keystore.location': join(directory, 'tool.pem'),
    'ssl.truststore.location': join(directory, 'authority.pem'),
  }
  t.match(await run('localhost', good), { code: 0 })
  t.equal(broker.askedBy.at(-1)!.principal, 'User:CN=tool')
  const other = new Authority(systemClock.now()).certificate.replaceAll('\n', '\\n')
  const { 'ssl.truststore.location': _, ...untrusting } = good
  const startMs = systemClock.monotonicMs()
  const wrong = await run('localhost', { ...untrusting, 'ssl.truststore.certificates': other })
  t.equal(wrong.code, 1)
  t.match(wrong.stdout + wrong.stderr, /the certificate of the other end is not trusted/)
  t.ok(systemClock.monotonicMs() - startMs < 50_000, 'what will not change is not tried again')
  const missing = await run('localhost', { ...good, 'ssl.truststore.location': '/nowhere' })
  t.match(missing.stdout + missing.stderr, /ssl.truststore.location is \/nowhere, and there is no such file/)
})
