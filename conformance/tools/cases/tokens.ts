/** kafka-delegation-tokens where brokers give tokens (KIP-48): made, renewed, described and ended, by those who may and those who may not. */
import { createHmac } from 'node:crypto'
import { Secret } from '../../../lib/base/secret.ts'
import { Client } from '../../../lib/client/client.ts'
import type { ClientLogin } from '../../../lib/client/login.ts'
import { CreateDelegationToken } from '../../../protocol/messages/create-delegation-token.ts'
import { DescribeDelegationToken } from '../../../protocol/messages/describe-delegation-token.ts'
import { ExpireDelegationToken } from '../../../protocol/messages/expire-delegation-token.ts'
import { tokenPassword as password, tokenSettings as settings } from '../../cases/tokens.ts'
import type { ToolCase, ToolDifference, ToolGroup } from '../case.ts'
import type { World } from '../world.ts'
import { ownConnecting, ownHelp, ownVersion } from './shared.ts'

const secretKey = settings['delegation.token.secret.key']
const loginOf = (user: string): ClientLogin => ({ mechanism: 'PLAIN', user, password: new Secret(password) })
const tokens = (args: string) => `kafka-delegation-tokens --bootstrap-server $BOOTSTRAP ${args}`
const by = (who: string, args: string) => tokens(`--command-config $DIR/${who}.properties ${args}`)

function propertiesOf(mechanism: string, module: string, options: string): string {
  return [
    'security.protocol=SASL_PLAINTEXT',
    `sasl.mechanism=${mechanism}`,
    `sasl.jaas.config=org.apache.kafka.common.security.${module}LoginModule required ${options};\n`,
  ].join('\n')
}

const person = (name: string, secret = password) =>
  propertiesOf('PLAIN', 'plain.Plain', `username="${name}" password="${secret}"`)

const files = {
  ...Object.fromEntries(['admin', 'alice', 'bob', 'carol'].map(name => [`${name}.properties`, person(name)])),
  'nobody.properties': person('alice', 'wrong'),
  'token.properties': propertiesOf(
    'SCRAM-SHA-256',
    'scram.Scram',
    'username="$TOKEN" password="$HMAC" tokenauth="true"',
  ),
}

/** Only those to whom they belong may. */
async function endAll({ admin, session: { host, port } }: World): Promise<void> {
  const { tokens: all } = await admin.ask({ to: 'any' }, DescribeDelegationToken, { owners: null })
  for (const { hmac, principalName } of all) {
    const client = await Client.connect({ host, port, timeoutMs: 20_000, login: loginOf(principalName) })
    await client.send(ExpireDelegationToken, 2, { hmac, expiryTimePeriodMs: -1 })
    await client.close()
  }
}

/** One of alice's that bob may renew; and all are gone when the case is over. */
async function withToken(world: World): Promise<void> {
  world.atEnd(() => endAll(world))
  const { tokenId, hmac } = await world.admin.ask({ to: 'any' }, CreateDelegationToken, {
    ...{ ownerPrincipalType: 'User', ownerPrincipalName: 'alice', maxLifetimeMs: -1 },
    renewers: [{ principalType: 'User', principalName: 'bob' }],
  })
  if (!hmac.equals(createHmac('sha512', secretKey).update(tokenId).digest())) throw new Error('a token is not signed')
  world.words.set('$TOKEN', tokenId)
  world.words.set('$HMAC', hmac.toString('base64'))
}

const masks = [
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d\b/g, '<date>'],
  [/[\w+/]{86}==/g, '<hmac>'],
  [/(^|: )[\w-]{22}(?= |$)/g, '$1<token>'],
] as const

const unread = (of: string): ToolDifference => ({
  ...{ of, in: 'stderr', ours: '*max-life-time-period*', theirs: 'Cannot invoke *', by: 'ottla' },
  reason: 'A period that is none is told of; Kafka’s tool fails of it',
})

const cases: readonly ToolCase[] = [
  {
    name: 'tokens: made and described',
    differs: [
      {
        ...{ of: '*--describe', in: 'stdout', ours: '*', theirs: '*Total number of tokens : 0', by: 'ottla' },
        reason:
          '**--describe** of tokens without an owner tells those that one may see, as the help of Kafka’s tool says; that asks for the tokens of nobody',
      },
    ],
    ...{ files, masks, prepare: withToken },
    run: [
      by('alice', '--describe'),
      by('alice', '--create --max-life-time-period -1'),
      by('alice', '--create --max-life-time-period 600000 --renewer-principal User:bob --renewer-principal User:carol'),
      by('admin', '--create --max-life-time-period 7200000 --owner-principal User:bob'),
      by('bob', '--create --max-life-time-period -1 --owner-principal User:carol'),
      by('alice', '--create --max-life-time-period -1 --renewer-principal Group:some'),
      by('alice', '--create --max-life-time-period -1 --renewer-principal bob'),
      by('alice', '--create --max-life-time-period -1 --owner-principal :bob'),
      { run: by('alice', '--describe'), unordered: true },
      { run: by('bob', '--describe'), unordered: true },
      { run: by('admin', '--describe'), unordered: true },
      { run: by('admin', '--describe --owner-principal User:alice'), unordered: true },
      { run: by('admin', '--describe --owner-principal User:bob --owner-principal User:carol'), unordered: true },
      by('carol', '--describe --owner-principal User:alice'),
      by('admin', '--describe --owner-principal User:nobody'),
      by('admin', '--describe --owner-principal alice'),
    ],
  },
  {
    name: 'tokens: renewed and ended',
    ...{ files, masks, prepare: withToken },
    run: [
      by('alice', '--renew --renew-time-period -1 --hmac $HMAC'),
      by('bob', '--renew --renew-time-period 60000 --hmac $HMAC'),
      by('carol', '--renew --renew-time-period -1 --hmac $HMAC'),
      by('alice', '--renew --renew-time-period 0 --hmac $HMAC'),
      by('alice', '--renew --renew-time-period -1 --hmac c29tZXRoaW5n'),
      by('alice', '--renew --renew-time-period -1 --hmac not*base64'),
      by('token', '--describe'),
      by('token', '--create --max-life-time-period -1'),
      by('token', '--renew --renew-time-period -1 --hmac $HMAC'),
      by('carol', '--expire --expiry-time-period -1 --hmac $HMAC'),
      by('alice', '--expire --expiry-time-period 60000 --hmac $HMAC'),
      by('alice', '--expire --expiry-time-period -1 --hmac c29tZXRoaW5n'),
      by('bob', '--expire --expiry-time-period -1 --hmac $HMAC'),
      by('alice', '--renew --renew-time-period -1 --hmac $HMAC'),
      by('alice', '--describe'),
    ],
  },
  {
    name: 'tokens: command lines that make no sense',
    ...{ files, masks },
    differs: [
      ...ownHelp('kafka-delegation-tokens --help'),
      ownVersion('*--version'),
      ...ownConnecting('*missing.properties*'),
      ...ownConnecting('*--bootstrap-server nonsense*'),
      unread('*--max-life-time-period'),
      unread('*--max-life-time-period long'),
    ],
    run: [
      by('alice', ''),
      by('alice', '--create --describe'),
      by('alice', '--create'),
      by('alice', '--create --max-life-time-period'),
      by('alice', '--create --max-life-time-period long'),
      by('alice', '--create --max-life-time-period -1 --hmac abcd'),
      by('alice', '--create --max-life-time-period -1 --renew-time-period -1'),
      by('alice', '--renew --hmac abcd'),
      by('alice', '--renew --renew-time-period -1'),
      by('alice', '--renew --hmac abcd --renew-time-period -1 --owner-principal User:alice'),
      by('alice', '--renew --hmac abcd --renew-time-period -1 --max-life-time-period 5'),
      by('alice', '--expire --hmac abcd'),
      by('alice', '--expire --expiry-time-period -1'),
      by('alice', '--expire --hmac abcd --expiry-time-period -1 --renew-time-period -1'),
      by('alice', '--describe --hmac abcd'),
      by('alice', '--describe --max-life-time-period -1'),
      by('alice', '--describe --nonsense'),
      by('nobody', '--describe'),
      by('missing', '--describe'),
      tokens('--describe'),
      'kafka-delegation-tokens --command-config $DIR/alice.properties --describe',
      'kafka-delegation-tokens --bootstrap-server nonsense --command-config $DIR/alice.properties --describe',
      'kafka-delegation-tokens',
      'kafka-delegation-tokens --help',
      'kafka-delegation-tokens --version',
    ],
  },
]

export const tokensOfUsers: ToolGroup = {
  ...{ settings, settleMs: 500, cases },
  login: loginOf('admin'),
}
