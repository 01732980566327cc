/** The module's listener with TLS and logins: users are made at the start without ZooKeeper, and by kafka-configs with it. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { KafkaContainer } from '@testcontainers/kafka'
import { Kafka, logLevel } from 'kafkajs'
import { Wait } from 'testcontainers'

const port = 9096
const passphrase = 'a pass phrase'
const directory = mkdtempSync(join(tmpdir(), 'keys-'))
const [key, certificate, store] = ['key.pem', 'certificate.pem', 'store.pfx'].map(name => join(directory, name))
let container

function openssl(...args) {
  execFileSync('openssl', args, { stdio: 'ignore' })
}

function clientAs(username, password) {
  return new Kafka({
    brokers: [`${container.getHost()}:${container.getMappedPort(port)}`],
    ssl: { ca: [readFileSync(certificate, 'utf8')], checkServerIdentity: () => undefined },
    sasl: { mechanism: 'scram-sha-512', username, password },
    logLevel: logLevel.NOTHING,
    retry: { retries: 2 },
  })
}

before(async () => {
  openssl(
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
    ...['-keyout', key, '-out', certificate],
  )
  openssl(
    ...['pkcs12', '-export', '-inkey', key, '-in', certificate, '-out', store],
    ...['-passout', `pass:${passphrase}`],
  )
  const stored = { content: readFileSync(store), passphrase }
  container = await new KafkaContainer(process.env.OTTLA_IMAGE ?? 'ottla:8.4.0')
    .withSaslSslListener({
      port,
      sasl: { mechanism: 'SCRAM-SHA-512', user: { name: 'app', password: 'a good one' } },
      keystore: stored,
    })
    // Version 12.2 of the module waits for its own start script alone where it is not told what to wait for.
    .withWaitStrategy(Wait.forLogMessage('Kafka Server started'))
    .start()
})

after(async () => {
  await container?.stop()
  rmSync(directory, { recursive: true })
})

test('who has the password is let in', async () => {
  const producer = clientAs('app', 'a good one').producer()
  await producer.connect()
  await producer.send({ topic: 'orders', messages: [{ value: 'one coffee' }] })
  await producer.disconnect()
})

test('who has not is not', async () => {
  const producer = clientAs('app', 'another').producer()
  await assert.rejects(producer.connect(), { name: 'KafkaJSSASLAuthenticationError' })
})
