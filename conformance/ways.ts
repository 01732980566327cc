/**
 * All ways into a broker: its four protocols, each mechanism of SASL, and for each what is good and what is not. Clients of several kinds
 * try them one after the other, write one record, and read it back.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../lib/base/clock.ts'
import { Secret } from '../lib/base/secret.ts'
import { Client } from '../lib/client/client.ts'
import { Authority } from '../lib/tls/authority.ts'
import { CreateDelegationToken } from '../protocol/messages/create-delegation-token.ts'
import { type Mechanism, mechanisms, password, user } from './logins.ts'
import { listenerAddresses, startOwnBroker } from './own-broker.ts'

const protocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const

/** One way in, and whether it leads there. */
export interface Way {
  readonly protocol: (typeof protocols)[number]
  /** 'none' where nobody logs in. */
  readonly mechanism: Mechanism | 'none'
  readonly bootstrap: string
  readonly user: string
  readonly password: string
  /** File of the certificate authority that the client trusts. */
  readonly authority: string
  readonly topic: string
  readonly isLetIn: boolean
  /** The user is the id of a delegation token, and the password its HMAC: SCRAM with the extension `tokenauth`. */
  readonly isToken?: boolean
}

/** What a client says of a way: 'hello', which is what it wrote and read, or 'refused: ' and why. */
export type TryWay = (way: Way) => Promise<string>

/** Starts a broker with all of them, and holds what comes of each way against what should; without delegation tokens where nothing else is said. */
export async function tryAllWays(
  name: string,
  tryWay: TryWay,
  isTried: (way: Way) => boolean = ({ isToken = false }) => !isToken,
): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-ways-'))
  const [authority, other] = [new Authority(systemClock.now()), new Authority(systemClock.now())]
  const { certificate, key } = authority.issue({ name: 'localhost', hosts: ['localhost', '127.0.0.1'] })
  const readyFile = join(directory, 'ready.json')
  const files = { good: join(directory, 'authority.pem'), bad: join(directory, 'other.pem') }
  writeFileSync(files.good, authority.certificate)
  writeFileSync(files.bad, other.certificate)
  const broker = await startOwnBroker([
    ...['--dev', '--ephemeral', '--ready-file', readyFile],
    ...settingsOf(certificate, key).flatMap(setting => ['--set', setting]),
  ])
  try {
    const ways = [...waysInto(readyFile, files, name), ...(await waysByToken(readyFile, files, name))].filter(isTried)
    for (const way of ways) {
      const said = await tryWay(way)
      const what = `${way.protocol}, ${way.mechanism}${way.isToken ? ' by a token' : ''}, ${way.isLetIn ? 'good' : 'bad'}: ${said}`
      if (way.isLetIn) assert.equal(said, 'hello', what)
      else assert.match(said, /^refused: /, what)
    }
    return `${ways.filter(({ isLetIn }) => isLetIn).length} ways in, ${ways.filter(({ isLetIn }) => !isLetIn).length} refused`
  } finally {
    await broker.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

function settingsOf(certificate: string, key: string): string[] {
  const quoted = `"${password.replace(/["\\]/g, '\\$&')}"`
  const module = (name: string) =>
    `org.apache.kafka.common.security.${name}LoginModule required user_${user}=${quoted};`
  return [
    `listeners=${protocols.map(protocol => `${protocol}://127.0.0.1:0`).join(',')}`,
    `sasl.enabled.mechanisms=${mechanisms.join(',')}`,
    `plain.sasl.jaas.config=${module('plain.Plain')}`,
    `scram-sha-256.sasl.jaas.config=${module('scram.Scram')}`,
    `scram-sha-512.sasl.jaas.config=${module('scram.Scram')}`,
    'delegation.token.secret.key=secret',
    `ssl.keystore.certificate.chain=${certificate}`,
    `ssl.keystore.key=${key}`,
  ]
}

function waysInto(readyFile: string, files: { readonly good: string; readonly bad: string }, name: string): Way[] {
  const addresses = listenerAddresses(readyFile)
  const ways: Way[] = []
  for (const protocol of protocols) {
    const bootstrap = addresses.get(protocol)!.replace(/^.*:/, 'localhost:')
    const add = (fields: Pick<Way, 'mechanism' | 'isLetIn'> & Partial<Way>) =>
      ways.push({
        ...{
          protocol,
          bootstrap,
          user,
          password,
          authority: files.good,
        },
        ...{ topic: `${name}-${ways.length}` },
        ...fields,
      })
    for (const mechanism of protocol.startsWith('SASL') ? mechanisms : (['none'] as const)) {
      add({ mechanism, isLetIn: true })
      if (mechanism === 'none') continue
      add({ mechanism, isLetIn: false, password: 'wrong' })
      add({ mechanism, isLetIn: false, user: 'nobody' })
    }
    if (protocol.endsWith('SSL')) {
      add({ mechanism: protocol === 'SSL' ? 'none' : 'PLAIN', isLetIn: false, authority: files.bad })
    }
  }
  return ways
}

/** By a delegation token, which is made by whoever logs in by password. */
async function waysByToken(readyFile: string, files: { readonly good: string }, name: string): Promise<readonly Way[]> {
  const addresses = listenerAddresses(readyFile)
  const [host, port] = addresses.get('SASL_PLAINTEXT')!.split(':') as [string, string]
  const login = { mechanism: 'PLAIN', user, password: new Secret(password) } as const
  const client = await Client.connect({ host, port: Number(port), timeoutMs: 20_000, login })
  const { tokenId, hmac } = await client.send(CreateDelegationToken, 3, {
    ...{ ownerPrincipalType: null, ownerPrincipalName: null, renewers: [], maxLifetimeMs: -1 },
  })
  await client.close()
  const good = hmac.toString('base64')
  const bad = Buffer.from(hmac.map(byte => byte ^ 1)).toString('base64')
  return (['SASL_PLAINTEXT', 'SASL_SSL'] as const).flatMap(protocol =>
    (['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const).flatMap(mechanism =>
      [true, false].map(
        (isLetIn): Way => ({
          ...{ protocol, mechanism, isLetIn, isToken: true, authority: files.good },
          bootstrap: addresses.get(protocol)!.replace(/^.*:/, 'localhost:'),
          ...{ user: tokenId, password: isLetIn ? good : bad },
          topic: `${name}-token-${protocol}-${mechanism}`,
        }),
      ),
    ),
  )
}
