/** What those who are not let in cost the others: latencies of a client that is, alone and beside them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { listenerAddresses, startOwnBroker } from '../../../conformance/own-broker.ts'
import { systemClock } from '../../../lib/base/clock.ts'
import { Secret } from '../../../lib/base/secret.ts'
import { Client } from '../../../lib/client/client.ts'
import type { ClientLogin } from '../../../lib/client/login.ts'
import { Authority } from '../../../lib/tls/authority.ts'
import { Metadata } from '../../../protocol/messages/metadata.ts'
import { wholeRequest } from '../../../protocol/whole-request.ts'
import { Figures, type Section } from '../measures.ts'
import { Histogram } from '../replay/histogram.ts'

const halfOpen = 2_000
const loginsPerSecond = 200
/** How long a round is, and how often the client asks meanwhile. */
const [roundMs, askMs] = [8_000, 4]

const secret = 'a good one'
const login: ClientLogin = { mechanism: 'SCRAM-SHA-256', user: 'alice', password: new Secret(secret) }

export async function strangers(rounds: number): Promise<Section> {
  const figures = new Figures()
  const { certificate, key } = new Authority(systemClock.now()).issue({ name: 'localhost', hosts: ['localhost'] })
  const module = (name: string) =>
    `org.apache.kafka.common.security.${name}LoginModule required user_alice="${secret}";`
  const settings = [
    'listeners=SASL_PLAINTEXT://127.0.0.1:0,SSL://127.0.0.1:0',
    'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256',
    `plain.sasl.jaas.config=${module('plain.Plain')}`,
    `scram-sha-256.sasl.jaas.config=${module('scram.Scram')}`,
    `ssl.keystore.certificate.chain=${certificate}`,
    `ssl.keystore.key=${key}`,
  ]
  const directory = mkdtempSync(join(tmpdir(), 'ottla-bench-strangers-'))
  const readyFile = join(directory, 'ready.json')
  const broker = await startOwnBroker([
    ...['--dev', '--ephemeral', '--ready-file', readyFile],
    ...settings.flatMap(setting => ['--set', setting]),
  ])
  try {
    const addresses = listenerAddresses(readyFile)
    const ports = ['SASL_PLAINTEXT', 'SSL'].map(name => addresses.get(name)!.split(':')[1]!)
    for (let round = 1; round <= rounds; round++) {
      await measure('alone', figures, broker.bootstrap)
      for (const [name, args] of [
        [`beside ${halfOpen} half-open handshakes`, [ports[1]!, halfOpen, ports[0]!, 'PLAIN', 0]],
        [
          `beside ${loginsPerSecond} wrong passwords a second, PLAIN`,
          [ports[1]!, 0, ports[0]!, 'PLAIN', loginsPerSecond],
        ],
        [
          `beside ${loginsPerSecond} wrong passwords a second, SCRAM-SHA-256`,
          [ports[1]!, 0, ports[0]!, 'SCRAM-SHA-256', loginsPerSecond],
        ],
        ['beside both', [ports[1]!, halfOpen, ports[0]!, 'PLAIN', loginsPerSecond]],
      ] as const) {
        const end = await beside(args)
        await measure(name, figures, broker.bootstrap)
        console.log(`round ${round}, ${name}: ${await end()}`)
      }
    }
  } finally {
    await broker.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  return {
    key: 'strangers',
    rivals: [],
    measures: figures.all(),
    setting: `A client asks every ${askMs} ms for metadata; the strangers are a process of their own on the same machine.`,
  }
}

/** Starts them; gives how to end them, which tells how many were refused. */
async function beside(args: readonly (string | number)[]): Promise<() => Promise<string>> {
  const file = fileURLToPath(new URL('../strangers.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import=tsx', file, ...args.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return async () => {
    const said = once(child.stdout, 'data')
    child.stdin.end()
    const [line] = (await said) as [Buffer]
    await once(child, 'close')
    return line.toString().trim()
  }
}

async function measure(name: string, figures: Figures, bootstrap: string): Promise<void> {
  const [host, port] = bootstrap.split(':') as [string, string]
  const client = await Client.connect({ host, port: Number(port), login })
  const latency = new Histogram()
  const ask = async () => {
    const begin = performance.now()
    await client.send(Metadata, 12, wholeRequest(Metadata, { topics: [] }))
    latency.add(performance.now() - begin)
  }
  for (let i = 0; i < 200; i++) await ask()
  latency.clear()
  const end = performance.now() + roundMs
  while (performance.now() < end) {
    await ask()
    await delay(askMs)
  }
  await client.close()
  const { p50, p99 } = latency.percentiles()
  figures.add(0, { name, unit: 'p50 ms', digits: 2, better: 'lower' }, p50)
  figures.add(0, { name, unit: 'p99 ms', digits: 2, better: 'lower' }, p99)
}
