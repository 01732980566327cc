/** Delegation tokens as their APIs make, renew, end and show them: who may, and until when they are good. */
import { createHmac } from 'node:crypto'
import t, { type Test } from 'tap'
import { createDelegationToken } from '../../lib/handlers/create-delegation-token.ts'
import { describeDelegationToken } from '../../lib/handlers/describe-delegation-token.ts'
import { expireDelegationToken } from '../../lib/handlers/expire-delegation-token.ts'
import { renewDelegationToken } from '../../lib/handlers/renew-delegation-token.ts'
import { codes } from '../../protocol/errors.ts'
import { CreateDelegationToken } from '../../protocol/messages/create-delegation-token.ts'
import { DescribeDelegationToken } from '../../protocol/messages/describe-delegation-token.ts'
import { type ClusterContextOptions, clusterContext, encodable } from './cluster-context.ts'

const secretKey = 'the secret of the brokers'
const [maxLifetimeMs, expiryTimeMs] = [10_000, 4_000]
const properties = {
  'delegation.token.secret.key': secretKey,
  'delegation.token.max.lifetime.ms': String(maxLifetimeMs),
  'delegation.token.expiry.time.ms': String(expiryTimeMs),
}
const forOneself = { ownerPrincipalType: null, ownerPrincipalName: null, renewers: [], maxLifetimeMs: -1 }
const user = (principalName: string) => ({ principalType: 'User', principalName })

async function world(t: Test, options: ClusterContextOptions = {}) {
  const { at, clock, cluster, connection } = await clusterContext(t, { properties, ...options })
  const as = (name: string, isByToken = false) => ({
    ...at(3),
    connection: { ...connection, securityProtocol: 'SASL_PLAINTEXT', principal: `User:${name}`, isByToken },
  })
  const make = (name: string, request: Partial<Parameters<typeof createDelegationToken>[0]> = {}) =>
    createDelegationToken({ ...forOneself, ...request }, as(name))
  const renew = (name: string, hmac: Uint8Array, renewPeriodMs = -1) =>
    renewDelegationToken({ hmac: Buffer.from(hmac), renewPeriodMs }, as(name))
  const expire = (name: string, hmac: Uint8Array, expiryTimePeriodMs: number) =>
    expireDelegationToken({ hmac: Buffer.from(hmac), expiryTimePeriodMs }, as(name))
  const seenBy = (name: string, owners: readonly string[] | null = null) =>
    describeDelegationToken({ owners: owners?.map(user) ?? null }, as(name)).tokens
  return { as, clock, cluster, expire, make, renew, seenBy }
}

t.test('a token is good for as long as the settings say, and its HMAC is made of its id by the secret', async t => {
  const { clock, make } = await world(t)
  const token = await make('alice')
  t.match(token, {
    ...{ errorCode: codes.NONE, principalName: 'alice', tokenRequesterPrincipalName: 'alice' },
    issueTimestampMs: clock.now(),
    expiryTimestampMs: clock.now() + expiryTimeMs,
    maxTimestampMs: clock.now() + maxLifetimeMs,
  })
  t.same(token.hmac, createHmac('sha512', secretKey).update(token.tokenId).digest())
  encodable(t, CreateDelegationToken, token)
  const brief = await make('alice', { maxLifetimeMs: 1_000 })
  t.equal(brief.maxTimestampMs, clock.now() + 1_000)
  t.equal(brief.expiryTimestampMs, clock.now() + 1_000)
})

t.test('owner and renewers renew a token up to its end, and others, as who asked for it, do not', async t => {
  const { clock, make, renew } = await world(t)
  const owned = { ownerPrincipalType: 'User', ownerPrincipalName: 'alice', renewers: [user('bob')] }
  const { hmac, maxTimestampMs } = await make('admin', owned)
  await clock.advance(1_000)
  for (const name of ['alice', 'bob'])
    t.match(await renew(name, hmac), { errorCode: codes.NONE, expiryTimestampMs: clock.now() + expiryTimeMs }, name)
  for (const name of ['carol', 'admin'])
    t.match(await renew(name, hmac), { errorCode: codes.DELEGATION_TOKEN_OWNER_MISMATCH, expiryTimestampMs: 0 }, name)
  t.match(await renew('alice', hmac, 50), { expiryTimestampMs: clock.now() + 50 })
  await clock.advance(40)
  t.match(await renew('alice', hmac, 1e15), { expiryTimestampMs: clock.now() + expiryTimeMs })
  await clock.advance(3_900)
  await renew('alice', hmac)
  await clock.advance(3_000)
  t.match(await renew('alice', hmac), { expiryTimestampMs: maxTimestampMs })
  await clock.advance(10_000)
  t.match(await renew('carol', hmac), { errorCode: codes.DELEGATION_TOKEN_EXPIRED })
  t.match(await renew('alice', Buffer.from('another')), { errorCode: codes.DELEGATION_TOKEN_NOT_FOUND })
})

t.test('a token is ended after a while, or at once, and is gone then', async t => {
  const { clock, cluster, expire, make, renew } = await world(t)
  const { hmac, maxTimestampMs } = await make('alice')
  t.match(await expire('carol', hmac, -1), { errorCode: codes.DELEGATION_TOKEN_OWNER_MISMATCH })
  t.match(await expire('alice', hmac, 1e15), { errorCode: codes.NONE, expiryTimestampMs: maxTimestampMs })
  t.match(await expire('alice', hmac, 0), { expiryTimestampMs: clock.now() })
  await clock.advance(1)
  t.match(await expire('alice', hmac, 0), { errorCode: codes.DELEGATION_TOKEN_EXPIRED })
  t.match(await renew('alice', hmac), { errorCode: codes.DELEGATION_TOKEN_EXPIRED })
  t.match(await expire('alice', hmac, -7), { errorCode: codes.NONE, expiryTimestampMs: clock.now() })
  t.equal(cluster.image.tokens.size, 0)
  t.match(await expire('alice', hmac, -1), { errorCode: codes.DELEGATION_TOKEN_NOT_FOUND })
})

t.test('tokens are seen by whose they are, and by who may describe them or those of their owner', async t => {
  let allowed = ''
  const { as, make, seenBy } = await world(t, {
    deny: (operation, type, name) => `${operation} ${type} ${name}` !== allowed,
  })
  const token = await make('alice', { renewers: [user('bob')] })
  await make('dora')
  const idsSeenBy = (name: string, owners: readonly string[] | null = null) =>
    seenBy(name, owners).map(({ tokenId }) => tokenId)
  t.same(idsSeenBy('alice'), [token.tokenId])
  t.same(idsSeenBy('bob'), [token.tokenId])
  t.same(idsSeenBy('carol'), [])
  allowed = `describe delegationToken ${token.tokenId}`
  t.same(idsSeenBy('carol'), [token.tokenId])
  allowed = 'describeTokens user User:alice'
  t.same(idsSeenBy('carol'), [token.tokenId])
  t.same(idsSeenBy('carol', ['bob']), [token.tokenId], 'asked for by the name of who renews it')
  t.same(idsSeenBy('bob', ['dora']), [])
  t.same(idsSeenBy('alice', ['dora']), [])
  t.same(idsSeenBy('alice', []), [])
  const shown = describeDelegationToken({ owners: [user('alice')] }, as('alice'))
  t.same(shown.tokens[0]!.hmac, token.hmac)
  t.same(shown.tokens[0]!.renewers, [user('bob')])
  encodable(t, DescribeDelegationToken, shown)
  allowed = 'createTokens user User:fay'
  const forAnother = await make('emil', { ownerPrincipalType: 'User', ownerPrincipalName: 'fay' })
  for (const owners of [['emil'], ['fay'], ['nobody', 'fay', 'emil']])
    t.same(idsSeenBy('emil', owners), [forAnother.tokenId], `asked for by ${owners}`)
})

t.test('who is authenticated by a token may not ask for tokens', async t => {
  const { as } = await world(t)
  const refused = codes.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED
  const byToken = as('alice', true)
  const hmac = Buffer.from('any')
  t.match(await createDelegationToken(forOneself, byToken), { errorCode: refused })
  t.match(await renewDelegationToken({ hmac, renewPeriodMs: -1 }, byToken), { errorCode: refused })
  t.match(await expireDelegationToken({ hmac, expiryTimePeriodMs: -1 }, byToken), { errorCode: refused })
  t.throws(() => describeDelegationToken({ owners: null }, byToken), { code: refused })
})
