/** What is asked of security where nobody has to log in, and there are no access rules and no tokens; and what is kept of users' passwords. */
import t from 'tap'
import { alterUserScramCredentials } from '../../lib/handlers/alter-user-scram-credentials.ts'
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

t.test('access rules are disabled without an authorizer', async t => {
  const { at } = await clusterContext(t)
  const disabled = { code: codes.SECURITY_DISABLED }
  t.throws(() => describeAcls(filter, at(3)), disabled)
  await t.rejects(createAcls({ creations: [] }, at(3)), disabled)
  await t.rejects(deleteAcls({ filters: [filter] }, at(3)), disabled)
})

t.test('access rules and credentials are for those who may describe, or alter, the cluster', async t => {
  const { at } = await clusterContext(t, { deny: (_, type) => type === 'cluster' })
  const refused = { code: codes.CLUSTER_AUTHORIZATION_FAILED }
  t.throws(() => describeAcls(filter, at(3)), refused)
  await t.rejects(createAcls({ creations: [] }, at(3)), refused)
  await t.rejects(deleteAcls({ filters: [] }, at(3)), refused)
  t.throws(() => describeUserScramCredentials({ users: null }, at(0)), refused)
  await t.rejects(alterUserScramCredentials({ deletions: [], upsertions: [] }, at(0)), refused)
})

t.test('whoever is not authenticated may not ask for tokens, whose owner the answer names', async t => {
  const { at } = await clusterContext(t)
  const notAllowed = codes.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED
  const asked = { ownerPrincipalType: null, ownerPrincipalName: null, renewers: [], maxLifetimeMs: -1 }
  const own = await createDelegationToken(asked, at(3))
  t.match(own, { errorCode: notAllowed, principalType: 'User', principalName: 'ANONYMOUS', expiryTimestampMs: -1 })
  encodable(t, CreateDelegationToken, own)
  const owner = { ...asked, ownerPrincipalType: 'User', ownerPrincipalName: 'somebody' }
  t.match(await createDelegationToken(owner, at(3)), {
    errorCode: notAllowed,
    principalName: 'somebody',
    tokenRequesterPrincipalName: 'ANONYMOUS',
  })
  const ofNoType = { ...owner, ownerPrincipalType: null }
  await t.rejects(createDelegationToken(ofNoType, at(3)), { code: codes.UNKNOWN_SERVER_ERROR })
  const renewed = await renewDelegationToken({ hmac, renewPeriodMs: -1 }, at(2))
  t.match(renewed, { errorCode: notAllowed, expiryTimestampMs: -1 })
  encodable(t, RenewDelegationToken, renewed)
  const expired = await expireDelegationToken({ hmac, expiryTimePeriodMs: -1 }, at(2))
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

const salt = Buffer.from('salt')
const saltedPassword = Buffer.alloc(32, 7)
const upsertion = (name: string, mechanism = 1, iterations = 4096) => ({
  name,
  mechanism,
  iterations,
  salt,
  saltedPassword,
})

t.test('a credential is set, described without its secrets, set anew and deleted', async t => {
  const { at, cluster } = await clusterContext(t)
  const alter = async (request: Partial<Parameters<typeof alterUserScramCredentials>[0]>) => {
    const { results } = await alterUserScramCredentials({ deletions: [], upsertions: [], ...request }, at(0))
    return results.map(({ user, errorCode }) => [user, errorCode])
  }
  const described = () =>
    describeUserScramCredentials({ users: null }, at(0)).results.map(({ user, credentialInfos }) => [
      user,
      ...credentialInfos.map(({ mechanism, iterations }) => `${mechanism}: ${iterations}`),
    ])
  t.same(await alter({ upsertions: [upsertion('alice'), upsertion('a/b', 2)] }), [
    ['alice', 0],
    ['a/b', 0],
  ])
  t.same(await alter({ upsertions: [upsertion('alice', 2, 8192)] }), [['alice', 0]])
  t.same(described(), [
    ['alice', '1: 4096', '2: 8192'],
    ['a/b', '2: 4096'],
  ])
  const { image } = cluster
  t.equal(image.scramUsers.get('alice')?.get(1)?.storedKey.length, 32)
  t.notSame(image.scramUsers.get('alice')?.get(1)?.storedKey, saltedPassword)
  t.same(await alter({ upsertions: [upsertion('alice', 1, 5000)] }), [['alice', 0]])
  t.equal(image.scramUsers.get('alice')?.get(1)?.iterations, 4096, 'an image never changes')
  t.same(await alter({ deletions: [{ name: 'alice', mechanism: 2 }] }), [['alice', 0]])
  t.same(await alter({ deletions: [{ name: 'a/b', mechanism: 2 }] }), [['a/b', 0]])
  t.same(described(), [['alice', '1: 5000']])
})

t.test('a credential that cannot be is refused, and of a user who stands there twice nothing changes', async t => {
  const { at, cluster } = await clusterContext(t)
  const codeOf = async (...upsertions: ReturnType<typeof upsertion>[]) =>
    (await alterUserScramCredentials({ deletions: [], upsertions }, at(0))).results[0]?.errorCode
  t.equal(await codeOf(upsertion('')), codes.UNACCEPTABLE_CREDENTIAL)
  t.equal(await codeOf(upsertion('a', 3)), codes.UNSUPPORTED_SASL_MECHANISM)
  t.equal(await codeOf(upsertion('a', 1, 4095)), codes.UNACCEPTABLE_CREDENTIAL)
  t.equal(await codeOf(upsertion('a', 1, 16385)), codes.UNACCEPTABLE_CREDENTIAL)
  t.equal(await codeOf({ ...upsertion('a'), saltedPassword: Buffer.alloc(0) }), codes.UNACCEPTABLE_CREDENTIAL)
  t.equal(await codeOf(upsertion('a', 1), upsertion('a', 2)), codes.DUPLICATE_RESOURCE)
  const deletions = [{ name: 'nobody', mechanism: 1 }]
  const { results } = await alterUserScramCredentials({ deletions, upsertions: [] }, at(0))
  t.equal(results[0]?.errorCode, codes.RESOURCE_NOT_FOUND)
  t.equal(cluster.image.scramUsers.size, 0)
})
