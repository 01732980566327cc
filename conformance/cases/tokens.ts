/** Delegation tokens (KIP-48, KIP-373): who may make, see, renew and end them, until when they are good, and logins by them. */
import { createHmac } from 'node:crypto'
import { Secret } from '../../lib/base/secret.ts'
import { Client } from '../../lib/client/client.ts'
import type { ClientLogin } from '../../lib/client/login.ts'
import { ScramClient } from '../../lib/security/scram-client.ts'
import { codeName } from '../../protocol/errors.ts'
import { CreateDelegationToken } from '../../protocol/messages/create-delegation-token.ts'
import { DescribeDelegationToken } from '../../protocol/messages/describe-delegation-token.ts'
import { ExpireDelegationToken } from '../../protocol/messages/expire-delegation-token.ts'
import { ListGroups } from '../../protocol/messages/list-groups.ts'
import { RenewDelegationToken } from '../../protocol/messages/renew-delegation-token.ts'
import { SaslAuthenticate } from '../../protocol/messages/sasl-authenticate.ts'
import { SaslHandshake } from '../../protocol/messages/sasl-handshake.ts'
import type { ClientRequestOf, ClientResponseOf } from '../../protocol/schema.ts'
import { until } from '../scenario.ts'
import { type Loose, type Session, wholeRequest } from '../session.ts'
import type { Case } from './case.ts'
import { authorizes, plainJaas, takesLogins } from './security-settings.ts'

const secretKey = 'a secret that makes tokens'
const [maxLifetimeMs, expiryTimeMs] = [7_200_000, 3_600_000]
const users = ['admin', 'alice', 'bob', 'carol', 'dora', 'eve']
export const tokenPassword = 'secret'
const mechanism = 'SCRAM-SHA-256'

const withoutSecret = {
  ...takesLogins(plainJaas('admin', tokenPassword, Object.fromEntries(users.map(user => [user, tokenPassword]))), [
    'SCRAM-SHA-256',
    'SCRAM-SHA-512',
  ]),
  ...authorizes,
  'super.users': 'User:admin;User:ANONYMOUS',
}
export const tokenSettings = {
  ...withoutSecret,
  'delegation.token.secret.key': secretKey,
  'delegation.token.max.lifetime.ms': String(maxLifetimeMs),
  'delegation.token.expiry.time.ms': String(expiryTimeMs),
}

type Token = Pick<ClientResponseOf<typeof CreateDelegationToken>, 'tokenId' | 'hmac' | 'expiryTimestampMs'>
type Creation = Loose<ClientRequestOf<typeof CreateDelegationToken>>

const user = (principalName: string) => ({ principalType: 'User', principalName })
const forOneself = { ownerPrincipalType: null, ownerPrincipalName: null, renewers: [], maxLifetimeMs: -1 }
export const forAnother = (principalName: string) => ({
  ...forOneself,
  ownerPrincipalType: 'User',
  ownerPrincipalName: principalName,
})

/** A user of the broker; what it is answered is written down without times. */
class Person {
  readonly #session: Session
  readonly #client: Client

  constructor(session: Session, client: Client) {
    this.#session = session
    this.#client = client
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  async create(title: string, request: Creation, version = 3): Promise<Token> {
    const answer = await this.#client.send(CreateDelegationToken, version, wholeRequest(CreateDelegationToken, request))
    const { issueTimestampMs, expiryTimestampMs, maxTimestampMs, tokenId, hmac, ...others } = answer
    const isMade = tokenId !== ''
    this.#session.note(CreateDelegationToken.name, version, title, {
      ...{ ...others, tokenId: tokenId.replaceAll(/[\w-]/g, 'x') },
      expiresAfterMs: expiryTimestampMs - issueTimestampMs,
      endsAfterMs: maxTimestampMs - issueTimestampMs,
      issued: isMade ? 'at some time' : issueTimestampMs,
      hmac: hmac.equals(createHmac('sha512', secretKey).update(tokenId).digest()) ? 'right' : hmac.toString('hex'),
    })
    return answer
  }

  /** The time is told by when it was asked. */
  async renew(title: string, hmac: Buffer, renewPeriodMs = -1, version = 2): Promise<number> {
    const answer = await this.#client.send(RenewDelegationToken, version, { hmac, renewPeriodMs })
    this.#session.note(RenewDelegationToken.name, version, title, toldOf(answer))
    return answer.expiryTimestampMs
  }

  async expire(title: string, hmac: Buffer, expiryTimePeriodMs = -1, version = 2): Promise<number> {
    const answer = await this.#client.send(ExpireDelegationToken, version, { hmac, expiryTimePeriodMs })
    this.#session.note(ExpireDelegationToken.name, version, title, toldOf(answer))
    return answer.expiryTimestampMs
  }

  /** In the order of owners and requesters, as brokers have none. */
  async describe(title: string, owners: readonly string[] | null, version = 3): Promise<void> {
    const answer = await this.#described(owners, version)
    const tokens = answer.tokens.map(token => {
      const { tokenId, hmac, issueTimestamp, expiryTimestamp, maxTimestamp, ...others } = token
      const isRight = hmac.equals(createHmac('sha512', secretKey).update(tokenId).digest())
      return {
        ...{ ...others, hmac: isRight ? 'right' : 'wrong' },
        expiresAfterMs: roughly(expiryTimestamp - issueTimestamp),
        endsAfterMs: maxTimestamp - issueTimestamp,
      }
    })
    const sorted = tokens.map(token => JSON.stringify(token)).sort()
    this.#session.note(DescribeDelegationToken.name, version, title, {
      ...answer,
      tokens: sorted.map(text => JSON.parse(text)),
    })
  }

  #described(owners: readonly string[] | null, version: number) {
    return this.#client.send(DescribeDelegationToken, version, { owners: owners?.map(user) ?? null })
  }

  /** Resolves once the broker knows that a token is good until then, which Kafka's hears after its controller has answered; undefined: not at all. */
  async sees({ tokenId }: Pick<Token, 'tokenId'>, expiryTimestampMs: number | undefined): Promise<void> {
    await until(`a token that is good until ${expiryTimestampMs}`, async () => {
      const { tokens } = await this.#described(null, 3)
      return tokens.find(each => each.tokenId === tokenId)?.expiryTimestamp === expiryTimestampMs ? true : undefined
    })
  }
}

/** To minutes, as machines are slow. */
function roughly(periodMs: number): string {
  return `${Math.round(periodMs / 60_000)} min`
}

function toldOf({ expiryTimestampMs, ...others }: { readonly expiryTimestampMs: number }) {
  const isTime = expiryTimestampMs > 1_000_000_000_000
  return { ...others, expires: isTime ? `in ${roughly(expiryTimestampMs - Date.now())}` : expiryTimestampMs }
}

/** Users who are logged in. */
export async function people<N extends string>(session: Session, names: readonly N[]): Promise<Record<N, Person>> {
  const made = names.map(async name => {
    const login = { mechanism: 'PLAIN', user: name, password: new Secret(tokenPassword) } as const
    return [name, new Person(session, await connect(session, login))] as const
  })
  return Object.fromEntries(await Promise.all(made)) as Record<N, Person>
}

function connect({ host, port }: Session, login?: ClientLogin): Promise<Client> {
  return Client.connect({ ...{ host, port, clientId: 'conformance', timeoutMs: 20_000 }, ...(login && { login }) })
}

async function made(session: Session): Promise<void> {
  const { alice } = await people(session, ['alice'])
  const renewers = [user('bob'), user('carol')]
  for (const version of session.versions(CreateDelegationToken)) {
    await alice.create('for oneself', forOneself, version)
    await alice.create('with renewers', { ...forOneself, renewers }, version)
    await alice.create('for another', forAnother('bob'), version)
  }
  const lifetimes = {
    'no lifetime': 0,
    short: 1000,
    'longer than it expires': 5_000_000,
    'too long': 1e15,
    least: -1e15,
  }
  for (const [title, maxLifetimeMs] of Object.entries(lifetimes))
    await alice.create(title, { ...forOneself, maxLifetimeMs })
  await alice.create('for herself by name', forAnother('alice'))
  await alice.create('of another type', { ...forAnother('alice'), ownerPrincipalType: 'Group' })
  await alice.create('of no name', forAnother(''))
  await alice.create('for nobody', { ...forOneself, ownerPrincipalType: 'User' })
  await alice.create('renewed by a group', { ...forOneself, renewers: [{ ...user('x'), principalType: 'Group' }] })
  await alice.create('renewed by a type without a name', {
    ...forOneself,
    renewers: [{ ...user(''), principalType: '' }],
  })
  await alice.create('renewed by nobody', { ...forOneself, renewers: [user('')] })
  await alice.create('renewed twice', { ...forOneself, renewers: [user('bob'), user('bob')] })
  await alice.create('for another, renewed by a group', {
    ...forAnother('bob'),
    renewers: [{ ...user('x'), principalType: 'Group' }],
  })
  await alice.close()
}

async function renewed(session: Session): Promise<void> {
  const { admin, alice, bob, carol } = await people(session, ['admin', 'alice', 'bob', 'carol'])
  const token = await admin.create('by the administrator', { ...forAnother('alice'), renewers: [user('bob')] })
  await alice.sees(token, token.expiryTimestampMs)
  for (const version of session.versions(RenewDelegationToken)) {
    await alice.renew('by its owner', token.hmac, -1, version)
    await bob.renew('by its renewer', token.hmac, -1, version)
    await admin.renew('by who asked for it', token.hmac, -1, version)
    await carol.renew('by another', token.hmac, -1, version)
    await alice.renew('unknown', Buffer.from('nobody'), -1, version)
    await alice.renew('nothing', Buffer.alloc(0), -1, version)
  }
  for (const periodMs of [0, 600_000, 5_000_000, 1e15, -1e15])
    await alice.renew(`for ${periodMs}`, token.hmac, periodMs)
  const long = await alice.create('that ends early', { ...forOneself, maxLifetimeMs: 1_200_000 })
  await alice.sees(long, long.expiryTimestampMs)
  await alice.renew('beyond its end', long.hmac)
  for (const person of [admin, alice, bob, carol]) await person.close()
}

async function ended(session: Session): Promise<void> {
  const { admin, alice, bob, carol } = await people(session, ['admin', 'alice', 'bob', 'carol'])
  for (const version of session.versions(ExpireDelegationToken)) {
    const token = await admin.create('by the administrator', { ...forAnother('alice'), renewers: [user('bob')] })
    await alice.sees(token, token.expiryTimestampMs)
    await carol.expire('by another', token.hmac, -1, version)
    await carol.expire('by another, later', token.hmac, 1000, version)
    await bob.expire('later, by its renewer', token.hmac, 600_000, version)
    await admin.expire('later than that, by who asked for it', token.hmac, 5_000_000, version)
    await alice.expire('later than it can live', token.hmac, 1e15, version)
    await alice.expire('unknown', Buffer.from('nobody'), -1, version)
    const now = await alice.expire('at this moment', token.hmac, 0, version)
    await alice.sees(token, now)
    await until('a later moment', () => (Date.now() > now + 1000 ? true : undefined))
    await alice.renew('that has expired', token.hmac, -1, 2)
    await alice.expire('that has expired', token.hmac, 1000, version)
    await carol.expire('that has expired, by another', token.hmac, 1000, version)
    await alice.expire('at once', token.hmac, -7, version)
    await alice.sees(token, undefined)
    await alice.expire('once more', token.hmac, -1, version)
    await alice.renew('that is no more', token.hmac, -1, 2)
  }
  for (const person of [admin, alice, bob, carol]) await person.close()
}

async function described(session: Session): Promise<void> {
  const { admin, alice, bob, carol, dora } = await people(session, ['admin', 'alice', 'bob', 'carol', 'dora'])
  // Others are left over from other cases.
  const owner = session.name('owner')
  const tokens = [
    await admin.create('by the administrator', { ...forAnother(owner), renewers: [user('bob')] }),
    await admin.create('another', { ...forAnother(owner), renewers: [] }),
    await dora.create('of her own', { ...forOneself, renewers: [user('carol')] }),
  ]
  for (const token of tokens) await admin.sees(token, token.expiryTimestampMs)
  for (const version of session.versions(DescribeDelegationToken)) {
    await dora.describe('all that are hers', null, version)
    await carol.describe('of dora, by her renewer', ['dora'], version)
    await bob.describe('of one', [owner], version)
    await bob.describe('of several', [owner, 'dora', owner], version)
    await alice.describe('of others', [owner, 'dora'], version)
    await admin.describe('by the administrator', [owner], version)
    await admin.describe('of nobody', [], version)
    await admin.describe('of an unknown', ['unknown'], version)
  }
  // So that whoever is asked next does not see it.
  await dora.expire('at once', tokens[2]!.hmac)
  await dora.sees(tokens[2]!, undefined)
  for (const person of [admin, alice, bob, carol, dora]) await person.close()
}

/** By the messages of a client that knows how; true where it is logged in. */
async function logIn(
  session: Session,
  client: Client,
  title: string,
  name: string,
  secret: string,
  {
    by = mechanism,
    isToken = true,
  }: { readonly by?: 'SCRAM-SHA-256' | 'SCRAM-SHA-512'; readonly isToken?: boolean } = {},
): Promise<boolean> {
  const scram = new ScramClient(by, name, new Secret(secret), 'abcdef', isToken)
  const { errorCode } = await client.send(SaslHandshake, 1, { mechanism: by })
  if (errorCode !== 0) throw new Error(codeName(errorCode))
  const first = await client.send(SaslAuthenticate, 2, { authBytes: scram.first() })
  const last =
    first.errorCode === 0
      ? await client.send(SaslAuthenticate, 2, { authBytes: await scram.final(first.authBytes) })
      : first
  if (last.errorCode === 0) scram.check(last.authBytes)
  // Who is not there is refused by the first answer or the second.
  session.note('Login', 2, title, {
    errorCode: last.errorCode,
    session: last.sessionLifetimeMs === 0 ? 0 : roughly(last.sessionLifetimeMs),
  })
  return last.errorCode === 0
}

async function loggedIn(session: Session): Promise<void> {
  const { admin } = await people(session, ['admin'])
  const token = await admin.create('by the administrator', { ...forAnother('alice'), renewers: [user('admin')] })
  const early = { ...forAnother('alice'), renewers: [user('admin')], maxLifetimeMs: 600_000 }
  const other = await admin.create('another', early)
  const bobs = await admin.create('of another', forAnother('bob'))
  for (const each of [token, other, bobs]) await admin.sees(each, each.expiryTimestampMs)
  const hmacOf = ({ hmac }: Token) => hmac.toString('base64')
  const tries: readonly (readonly [
    title: string,
    name: string,
    secret: string,
    options?: Parameters<typeof logIn>[5],
  ])[] = [
    ['by a token', token.tokenId, hmacOf(token)],
    ['by SHA-512', token.tokenId, hmacOf(token), { by: 'SCRAM-SHA-512' }],
    ['by one that ends early', other.tokenId, hmacOf(other)],
    ['by the secret of another', token.tokenId, hmacOf(other)],
    ['by none', 'nobody', hmacOf(token)],
    ['by a token as a user', token.tokenId, hmacOf(token), { isToken: false }],
    ['as its owner', 'alice', hmacOf(token)],
  ]
  for (const [title, ...login] of tries) {
    const client = await connect(session)
    if (await logIn(session, client, title, ...login)) {
      const by = new Person(session, client)
      await by.create(`${title}, a token`, forOneself)
      await by.renew(`${title}, itself`, token.hmac)
      await by.expire(`${title}, itself`, token.hmac)
      await by.describe(`${title}, itself`, null)
    }
    await client.close()
  }
  await again(session, token, other, bobs)
  const now = await admin.expire('at this moment', other.hmac, 0)
  await admin.sees(other, now)
  await until('a later moment', () => (Date.now() > now + 1000 ? true : undefined))
  const late = await connect(session)
  await logIn(session, late, 'by one that has expired', other.tokenId, hmacOf(other))
  session.note('ListGroups', 4, 'by one that has expired', await works(late))
  await late.close()
  await admin.expire('at once', token.hmac)
  await admin.sees(token, undefined)
  const gone = await connect(session)
  await logIn(session, gone, 'by one that is no more', token.tokenId, hmacOf(token))
  await gone.close()
  await admin.close()
}

/** Logins that are renewed: each has an end. */
async function again(session: Session, token: Token, other: Token, bobs: Token): Promise<void> {
  for (const [title, next] of Object.entries({
    'the same token': token,
    'another of the same owner': other,
    'one of another': bobs,
  })) {
    const client = await connect(session)
    await logIn(session, client, `first, then ${title}`, token.tokenId, token.hmac.toString('base64'))
    await logIn(session, client, title, next.tokenId, next.hmac.toString('base64')).catch(() => 'closed')
    session.note('ListGroups', 4, title, await works(client))
    await client.close()
  }
}

async function works(client: Client): Promise<unknown> {
  try {
    return (await client.send(ListGroups, 4, { statesFilter: [], typesFilter: [] })).errorCode
  } catch {
    return 'closed'
  }
}

async function disabled(session: Session): Promise<void> {
  const { alice } = await people(session, ['alice'])
  for (const version of session.versions(CreateDelegationToken)) await alice.create('for oneself', forOneself, version)
  await alice.create('for another', forAnother('bob'))
  await alice.create('renewed by a group', { ...forOneself, renewers: [{ ...user('x'), principalType: 'Group' }] })
  for (const version of session.versions(RenewDelegationToken))
    await alice.renew('unknown', Buffer.from('x'), -1, version)
  for (const version of session.versions(ExpireDelegationToken))
    await alice.expire('unknown', Buffer.from('x'), -1, version)
  for (const version of session.versions(DescribeDelegationToken)) await alice.describe('all', null, version)
  const client = await connect(session)
  await logIn(session, client, 'by none', 'nobody', 'secret')
  await client.close()
  await alice.close()
}

export const tokenCases: readonly Case[] = [
  { name: 'tokens: made', settings: tokenSettings, run: made },
  { name: 'tokens: renewed', settings: tokenSettings, run: renewed },
  { name: 'tokens: ended', settings: tokenSettings, run: ended },
  { name: 'tokens: described', settings: tokenSettings, run: described },
  { name: 'tokens: logins by them', settings: tokenSettings, run: loggedIn },
  { name: 'tokens: where there is no secret to make them by', settings: withoutSecret, run: disabled },
]
