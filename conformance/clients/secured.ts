/** Clients at a listener that speaks TLS and asks for a certificate: with a good one, with a bad one, and with an authority that did not sign the broker's. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { systemClock } from '../../lib/base/clock.ts'
import { Authority } from '../../lib/tls/authority.ts'
import { fetchKafka, kafkaTool } from '../kafka.ts'
import { startOwnBroker } from '../own-broker.ts'
import type { Scenario } from '../scenario.ts'
import { output } from './client.ts'
import { kcat } from './kcat.ts'
import { pythonProgram } from './python.ts'

/** PEM files of a client. */
interface Papers {
  readonly authority: string
  readonly certificate: string
  readonly key: string
  /** Key and certificate in one. */
  readonly both: string
}

interface SecuredClient {
  readonly name: string
  readonly missing: string | null
  /** Writes a record and reads it back, as far as the client does that; rejects where it is not let in. */
  serve(bootstrap: string, topic: string, papers: Papers): Promise<unknown>
}

const clients: readonly SecuredClient[] = [
  {
    name: 'kcat',
    missing: kcat.missing,
    async serve(bootstrap, topic, { authority, certificate, key }) {
      const settings = {
        'security.protocol': 'ssl',
        'ssl.ca.location': authority,
        'ssl.certificate.location': certificate,
        'ssl.key.location': key,
        'message.timeout.ms': '8000',
      }
      const common = ['-b', bootstrap, ...Object.entries(settings).flatMap(pair => ['-X', pair.join('=')]), '-t', topic]
      await output('kcat', ['-P', ...common], 'hello\n')
      assert.equal(await output('kcat', ['-C', ...common, '-o', 'beginning', '-e', '-q']), 'hello\n')
    },
  },
  {
    name: 'kafkajs',
    missing: null,
    serve: serveKafkajs,
  },
  {
    name: 'Java (kafka-topics)',
    missing: fetchKafka(),
    async serve(bootstrap, topic, { authority, both }) {
      const file = `${both}.properties`
      const settings = {
        'security.protocol': 'SSL',
        'ssl.truststore.type': 'PEM',
        'ssl.truststore.location': authority,
        'ssl.keystore.type': 'PEM',
        'ssl.keystore.location': both,
        'default.api.timeout.ms': '8000',
        'request.timeout.ms': '8000',
      }
      writeFileSync(
        file,
        Object.entries(settings)
          .map(pair => `${pair.join('=')}\n`)
          .join(''),
      )
      const common = ['--bootstrap-server', bootstrap, '--command-config', file]
      await kafkaTool('org.apache.kafka.tools.TopicCommand', [...common, '--create', '--topic', topic])
    },
  },
  ...(['kafka-python', 'aiokafka', 'confluent-kafka'] as const).map(name => {
    const program = pythonProgram('secured.py')
    return {
      name,
      missing: typeof program === 'string' ? program : null,
      async serve(bootstrap: string, topic: string, { authority, certificate, key }: Papers) {
        if (typeof program === 'string') throw new Error(program)
        const { command, args } = program([name, bootstrap, topic, authority, certificate, key])
        await output(command, args)
      },
    }
  }),
]

async function serveKafkajs(bootstrap: string, topic: string, papers: Papers): Promise<void> {
  const { readFileSync } = await import('node:fs')
  const [ca, cert, key] = [papers.authority, papers.certificate, papers.key].map(path => readFileSync(path, 'utf8'))
  const ssl = { ca: [ca!], cert, key }
  const kafka = new Kafka({ brokers: [bootstrap], ssl, logLevel: logLevel.NOTHING, retry: { retries: 1 } })
  const producer = kafka.producer()
  const consumer = kafka.consumer({ groupId: topic })
  try {
    await producer.connect()
    await producer.send({ topic, messages: [{ value: 'hello' }] })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    const value = await new Promise<string>(resolve => {
      void consumer.run({ eachMessage: async ({ message }) => resolve(String(message.value)) })
    })
    assert.equal(value, 'hello')
  } finally {
    await producer.disconnect()
    await consumer.disconnect()
  }
}

/** Those whose name is chosen, or all; each starts a broker of its own. */
export function securedScenarios(isChosen: (name: string) => boolean): Scenario[] {
  return clients
    .filter(({ name }) => isChosen(name.split(' ')[0]!))
    .map(client => ({
      name: `${client.name} over TLS: good and bad certificates, at both versions`,
      run: () => certificates(client),
      msMax: 240_000,
      ...(client.missing === null ? {} : { skipped: client.missing }),
    }))
}

async function certificates(client: SecuredClient): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-secured-'))
  const [authority, other] = [new Authority(systemClock.now()), new Authority(systemClock.now())]
  const own = authority.issue({ name: 'localhost', hosts: ['localhost', '127.0.0.1'] })
  const papers = (name: string, trusted: Authority, signer: Authority): Papers => {
    const { certificate, key } = signer.issue({ name: 'client' })
    const put = (part: string, text: string) => {
      const path = join(directory, `${name}-${part}.pem`)
      writeFileSync(path, text)
      return path
    }
    return {
      authority: put('authority', trusted.certificate),
      certificate: put('certificate', certificate),
      key: put('key', key),
      both: put('both', key + certificate),
    }
  }
  // Before any connection: in Node 24 and 26 a failed TLS connection leaves an error in OpenSSL's queue, which the next `createPrivateKey` throws.
  const [good, bad, wary] = [
    papers('good', authority, authority),
    papers('bad', authority, other),
    papers('wary', other, authority),
  ]
  try {
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      const settings = {
        listeners: 'SSL://127.0.0.1:0',
        'ssl.client.auth': 'required',
        'ssl.enabled.protocols': version,
        'ssl.keystore.certificate.chain': own.certificate,
        'ssl.keystore.key': own.key,
        'ssl.truststore.certificates': authority.certificate,
      }
      const args = Object.entries(settings).flatMap(pair => ['--set', pair.join('=')])
      const broker = await startOwnBroker(['--dev', '--ephemeral', ...args])
      try {
        const topic = (name: string) => `${name}-${version}`
        await client.serve(broker.bootstrap, topic('good'), good)
        await assert.rejects(
          client.serve(broker.bootstrap, topic('bad'), bad),
          'a certificate of another authority is refused',
        )
        await assert.rejects(
          client.serve(broker.bootstrap, topic('wary'), wary),
          'a client that does not trust the broker sends it nothing',
        )
        await client.serve(broker.bootstrap, topic('again'), good)
        const said = broker.errorOutput()
        assert.match(said, /handshake failed reason="the certificate of the other end is not trusted/)
      } finally {
        await broker.stop()
      }
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
  return 'TLSv1.2 and TLSv1.3'
}
