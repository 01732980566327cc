/** A whole broker whose clients log in by delegation tokens: as whom, for how long, and after a restart. */
import t, { type Test } from 'tap'
import { systemClock } from '../lib/base/clock.ts'
import { silentLogger } from '../lib/base/logger.ts'
import { seededRandom } from '../lib/base/random.ts'
import { Secret } from '../lib/base/secret.ts'
import { Client } from '../lib/client/client.ts'
import type { ClientLogin } from '../lib/client/login.ts'
import { Composition } from '../lib/composition.ts'
import { BrokerConfig } from '../lib/config/config.ts'
import { systemNetwork } from '../lib/network/tcp.ts'
import { ManualClock } from '../lib/testing/clock.ts'
import { codes } from '../protocol/errors.ts'
import { CreateDelegationToken } from '../protocol/messages/create-delegation-token.ts'
import { DescribeDelegationToken } from '../protocol/messages/describe-delegation-token.ts'
import { ExpireDelegationToken } from '../protocol/messages/expire-delegation-token.ts'
import { memoryFiles } from '../storage/files.ts'

const expiryTimeMs = 3_600_000
const forOneself = { ownerPrincipalType: null, ownerPrincipalName: null, renewers: [], maxLifetimeMs: -1 }
const byPassword = { mechanism: 'PLAIN', user: 'alice', password: new Secret('secret') } as const
const unwanted = { name: 'LoginError' }

interface Surroundings {
  readonly files?: ReturnType<typeof memoryFiles>
  readonly secretKey?: string
}

async function start(t: Test, { files = memoryFiles(), secretKey = 'the secret of the brokers' }: Surroundings = {}) {
  const clock = new ManualClock({ immediates: 'real' })
  const broker = await Composition.start({
    config: BrokerConfig.parse({
      'log.dirs': '/data',
      listeners: 'SASL_PLAINTEXT://127.0.0.1:0',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'plain.sasl.jaas.config': 'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="secret";',
      'delegation.token.secret.key': secretKey,
      'delegation.token.expiry.time.ms': String(expiryTimeMs),
      'delegation.token.expiry.check.interval.ms': '60000',
    }),
    ephemeral: false,
    parts: { clocks: { broker: clock, wire: systemClock }, random: seededRandom(1), files, network: systemNetwork },
    logger: silentLogger,
  })
  let stopping: Promise<void> | null = null
  const stop = () => {
    stopping ??= broker.stop()
    return stopping
  }
  t.teardown(stop)
  const [host, port] = broker.bootstrap.split(':') as [string, string]
  const connect = async (login: ClientLogin) => {
    const client = await Client.connect({ host, port: Number(port), login })
    t.teardown(() => client.close())
    return client
  }
  return { broker, clock, connect, files, stop }
}

/** How whoever has a token logs in. */
function by(
  { tokenId, hmac }: { readonly tokenId: string; readonly hmac: Uint8Array },
  mechanism: ClientLogin['mechanism'] = 'SCRAM-SHA-256',
): ClientLogin {
  const password = new Secret(Buffer.from(hmac).toString('base64'))
  return { mechanism, user: tokenId, password, isToken: true }
}

t.test('a token logs its owner in by each mechanism of SCRAM, and may not ask for tokens', async t => {
  const { connect } = await start(t)
  const token = await (await connect(byPassword)).send(CreateDelegationToken, 3, forOneself)
  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
    const client = await connect(by(token, mechanism))
    t.match(await client.send(CreateDelegationToken, 3, forOneself), {
      errorCode: codes.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED,
      principalName: 'alice',
    })
  }
  await t.rejects(connect({ ...by(token), isToken: false }), unwanted, 'its id is no user')
  await t.rejects(connect({ ...by(token), user: 'alice' }), unwanted, 'its owner is no token')
  await t.rejects(connect({ ...by(token), password: new Secret('another') }), unwanted)
})

t.test('a token is good after a restart, unless the brokers have another secret', async t => {
  const first = await start(t)
  const token = await (await first.connect(byPassword)).send(CreateDelegationToken, 3, forOneself)
  await first.stop()
  const second = await start(t, { files: first.files })
  await second.connect(by(token))
  const { tokens } = await (await second.connect(byPassword)).send(DescribeDelegationToken, 3, { owners: null })
  t.same(
    tokens.map(({ tokenId, hmac }) => ({ tokenId, hmac })),
    [{ tokenId: token.tokenId, hmac: token.hmac }],
  )
  await second.stop()
  const third = await start(t, { files: first.files, secretKey: 'another' })
  await t.rejects(third.connect(by(token)), unwanted)
})

t.test('a token that was ended logs nobody in', async t => {
  const { connect } = await start(t)
  const alice = await connect(byPassword)
  const token = await alice.send(CreateDelegationToken, 3, forOneself)
  await connect(by(token))
  await alice.send(ExpireDelegationToken, 2, { hmac: token.hmac, expiryTimePeriodMs: -1 })
  await t.rejects(connect(by(token)), unwanted)
})

t.test('a token that has expired lets its client do nothing, and is taken away when the broker looks', async t => {
  const { broker, clock, connect } = await start(t)
  const alice = await connect(byPassword)
  const token = await alice.send(CreateDelegationToken, 3, { ...forOneself, maxLifetimeMs: 1_000 })
  await clock.advance(1_001)
  const late = await connect(by(token))
  await t.rejects(late.send(DescribeDelegationToken, 3, { owners: null }), { name: 'ClientError' })
  await clock.advance(60_000)
  await broker.settle()
  t.same((await alice.send(DescribeDelegationToken, 3, { owners: null })).tokens, [])
  await t.rejects(connect(by(token)), unwanted)
})
