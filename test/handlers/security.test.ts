/** What is asked of security where there is none: no authentication, no access rules, no tokens, no credentials. */
import t from 'tap'
import { createAcls } from '../../lib/handlers/create-acls.ts'
import { createDelegationToken } from '../../lib/handlers/create-delegation-token.ts'
import { deleteAcls } from '../../lib/handlers/delete-acls.ts'
import { describeAcls } from '../../lib/handlers/describe-acls.ts'
import { describeDelegationToken } from '../../lib/handlers/describe-delegation-token.ts'
import { describeUserScramCredentials } from '../../lib/handlers/describe-user-scram-credentials.ts'
import { expireDelegationToken } from '../../lib/handlers/expire-delegation-token.ts'
import { renewDelegationToken } from '../../lib/handlers/renew-delegation-token.ts'
import { saslAuthenticate } from '../../lib/handlers/sasl-authenticate.ts'
import { saslHandshake } from '../../lib/handlers/sasl-handshake.ts'
import { codes } from '../../protocol/errors.ts'
import { CreateDelegationToken } from '../../protocol/messages/create-delegation-token.ts'
import { DescribeUserScramCredentials } from '../../protocol/messages/describe-user-scram-credentials.ts'
import { ExpireDelegationToken } from '../../protocol/messages/expire-delegation-token.ts'
import { RenewDelegationToken } from '../../protocol/messages/renew-delegation-token.ts'
import { clusterContext, encodable } from './cluster-context.ts'

const hmac = Buffer.from('hmac')
const filter = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
}

t.test('a client that begins to authenticate does so at the wrong time', async t => {
  const { at } = await clusterContext(t)
  const wrongTime = { code: codes.ILLEGAL_SASL_STATE }
  t.throws(() => saslHandshake({ mechanism: 'PLAIN' }, at(1)), wrongTime)
  t.throws(() => saslAuthenticate({ authBytes: Buffer.alloc(0) }, at(2)), wrongTime)
})

t.test('access rules are disabled', async t => {
  const { at } = await clusterContext(t)
  const disabled = { code: codes.SECURITY_DISABLED }
  t.throws(() => describeAcls(filter, at(3)), disabled)
  t.throws(() => createAcls({ creations: [] }, at(3)), disabled)
  t.throws(() => deleteAcls({ filters: [filter] }, at(3)), disabled)
})

t.test('access rules and credentials are for those who may describe, or alter, the cluster', async t => {
  const { at } = await clusterContext(t, { deny: (_, type) => type === 'cluster' })
  const refused = { code: codes.CLUSTER_AUTHORIZATION_FAILED }
  t.throws(() => describeAcls(filter, at(3)), refused)
  t.throws(() => createAcls({ creations: [] }, at(3)), refused)
  t.throws(() => deleteAcls({ filters: [] }, at(3)), refused)
  t.throws(() => describeUserScramCredentials({ users: null }, at(0)), refused)
})

t.test('whoever is not authenticated may not ask for tokens, whose owner the answer names', async t => {
  const { at } = await clusterContext(t)
  const notAllowed = codes.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED
  const asked = { ownerPrincipalType: null, ownerPrincipalName: null, renewers: [], maxLifetimeMs: -1 }
  const own = createDelegationToken(asked, at(3))
  t.match(own, { errorCode: notAllowed, principalType: 'User', principalName: 'ANONYMOUS', expiryTimestampMs: -1 })
  encodable(t, CreateDelegationToken, own)
  const owner = { ...asked, ownerPrincipalType: 'User', ownerPrincipalName: 'somebody' }
  t.match(createDelegationToken(owner, at(3)), {
    errorCode: notAllowed,
    principalName: 'somebody',
    tokenRequesterPrincipalName: 'ANONYMOUS',
  })
  const ofNoType = { ...owner, ownerPrincipalType: null }
  t.throws(() => createDelegationToken(ofNoType, at(3)), { code: codes.UNKNOWN_SERVER_ERROR })
  const renewed = renewDelegationToken({ hmac, renewPeriodMs: -1 }, at(2))
  t.match(renewed, { errorCode: notAllowed, expiryTimestampMs: -1 })
  encodable(t, RenewDelegationToken, renewed)
  const expired = expireDelegationToken({ hmac, expiryTimePeriodMs: -1 }, at(2))
  t.match(expired, { errorCode: notAllowed, expiryTimestampMs: -1 })
  encodable(t, ExpireDelegationToken, expired)
  t.throws(() => describeDelegationToken({ owners: null }, at(3)), { code: notAllowed })
})

t.test('no user has credentials', async t => {
  const { at } = await clusterContext(t)
  const ask = (names: readonly string[] | null) =>
    describeUserScramCredentials({ users: names?.map(name => ({ name })) ?? null }, at(0))
  t.same(ask(null).results, [])
  t.same(ask([]).results, [])
  const answer = ask(['a', 'b', 'a'])
  t.equal(answer.errorCode, codes.NONE)
  t.match(answer.results, [
    { user: 'a', errorCode: codes.DUPLICATE_RESOURCE },
    { user: 'b', errorCode: codes.RESOURCE_NOT_FOUND },
  ])
  encodable(t, DescribeUserScramCredentials, answer)
})
