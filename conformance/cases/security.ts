/** What is asked of authentication, access rules, tokens and credentials on a broker that has none of them. */
import { AlterUserScramCredentials } from '../../protocol/messages/alter-user-scram-credentials.ts'
import { CreateAcls } from '../../protocol/messages/create-acls.ts'
import { CreateDelegationToken } from '../../protocol/messages/create-delegation-token.ts'
import { DeleteAcls } from '../../protocol/messages/delete-acls.ts'
import { DescribeAcls } from '../../protocol/messages/describe-acls.ts'
import { DescribeDelegationToken } from '../../protocol/messages/describe-delegation-token.ts'
import { DescribeUserScramCredentials } from '../../protocol/messages/describe-user-scram-credentials.ts'
import { ExpireDelegationToken } from '../../protocol/messages/expire-delegation-token.ts'
import { RenewDelegationToken } from '../../protocol/messages/renew-delegation-token.ts'
import { SaslAuthenticate } from '../../protocol/messages/sasl-authenticate.ts'
import { SaslHandshake } from '../../protocol/messages/sasl-handshake.ts'
import type { Session } from '../session.ts'
import type { Case } from './case.ts'

/** A resource of any kind, all operations. */
const anything = { resourceTypeFilter: 1, patternTypeFilter: 1, operation: 1, permissionType: 1 }
const aTopic = { ...anything, resourceTypeFilter: 2, resourceNameFilter: 't', patternTypeFilter: 3 }
const rule = {
  resourceType: 2,
  resourceName: 't',
  resourcePatternType: 3,
  principal: 'User:somebody',
  host: '*',
  operation: 3,
  permissionType: 3,
}

async function authentication(session: Session): Promise<void> {
  await session.sendAtEach(SaslHandshake, { mechanism: 'PLAIN' })
  await session.sendAtEach(SaslHandshake, { mechanism: 'NONSENSE' }, 'unknown mechanism')
  await session.sendAtEach(SaslAuthenticate, { authBytes: Buffer.from('\0user\0password') })
}

async function accessRules(session: Session): Promise<void> {
  await session.sendAtEach(DescribeAcls, anything)
  // Before there were pattern types, all names were literal.
  await session.sendAtEach(DescribeAcls, aTopic, 'by name')
  await session.sendAtEach(CreateAcls, { creations: [rule] })
  await session.sendAtEach(CreateAcls, { creations: [rule, { ...rule, resourceName: '', principal: '' }] }, 'two')
  await session.sendAtEach(CreateAcls, { creations: [] }, 'none')
  await session.sendAtEach(DeleteAcls, { filters: [anything, aTopic] })
  await session.sendAtEach(DeleteAcls, { filters: [] }, 'none')
}

async function tokens(session: Session): Promise<void> {
  const hmac = Buffer.from('nobody')
  const somebody = { principalType: 'User', principalName: 'somebody' }
  await session.sendAtEach(CreateDelegationToken, {
    ownerPrincipalType: null,
    ownerPrincipalName: null,
    renewers: [somebody],
    maxLifetimeMs: -1,
  })
  const forAnother = { ownerPrincipalType: 'User', ownerPrincipalName: 'somebody', renewers: [], maxLifetimeMs: -1 }
  await session.sendAtEach(CreateDelegationToken, forAnother, 'for another')
  await session.sendAtEach(RenewDelegationToken, { hmac, renewPeriodMs: -1 })
  await session.sendAtEach(ExpireDelegationToken, { hmac, expiryTimePeriodMs: -1 })
  await session.sendAtEach(DescribeDelegationToken, { owners: null })
  await session.sendAtEach(DescribeDelegationToken, { owners: [somebody] }, 'of an owner')
}

async function credentials(session: Session): Promise<void> {
  await session.sendAtEach(DescribeUserScramCredentials, { users: null }, 'all')
  await session.sendAtEach(DescribeUserScramCredentials, { users: [] }, 'none')
  const users = ['b', 'a', 'b', ''].map(name => ({ name }))
  await session.sendAtEach(DescribeUserScramCredentials, { users }, 'by name')
}

const salt = Buffer.from('salt')
const saltedPassword = Buffer.alloc(32, 7)

/** One user at a time, as Kafka answers several in no order. */
async function alteredCredentials(session: Session): Promise<void> {
  const name = session.name('user')
  const set = (mechanism = 1, iterations = 4096) => ({ name, mechanism, iterations, salt, saltedPassword })
  const alter = (title: string, request: { deletions?: object[]; upsertions?: object[] }) =>
    session.sendAtEach(AlterUserScramCredentials, { deletions: [], upsertions: [], ...request } as never, title)
  const described = (title: string) => session.sendAtEach(DescribeUserScramCredentials, { users: [{ name }] }, title)
  await alter('nothing', {})
  await alter('set', { upsertions: [set()] })
  await alter('another mechanism', { upsertions: [set(2, 16_384)] })
  await alter('too few iterations', { upsertions: [set(1, 4095)] })
  await alter('too many iterations', { upsertions: [set(1, 16_385)] })
  await alter('no iterations', { upsertions: [set(1, 0)] })
  await alter('no such mechanism', { upsertions: [set(3)] })
  await alter('no mechanism', { deletions: [{ name, mechanism: 0 }] })
  await alter('no name', { upsertions: [{ ...set(), name: '' }] })
  await alter('no name to delete', { deletions: [{ name: '', mechanism: 1 }] })
  await alter('no name and no such mechanism', { upsertions: [{ ...set(9), name: '' }] })
  await alter('twice', { upsertions: [set(), set(2)] })
  await alter('deleted and set', { deletions: [{ name, mechanism: 1 }], upsertions: [set()] })
  await alter('good, then bad', { upsertions: [set(), set(2, 1)] })
  await alter('bad, then good', { upsertions: [set(9), set()] })
  await alter('deleted', { deletions: [{ name, mechanism: 2 }] })
  await alter('deleted again', { deletions: [{ name, mechanism: 2 }] })
  await described('one')
  await alter('the last', { deletions: [{ name, mechanism: 1 }] })
  await described('none')
}

export const securityCases: readonly Case[] = [
  { name: 'security: authentication on a listener without', run: authentication },
  { name: 'security: access rules without an authorizer', run: accessRules },
  { name: 'security: tokens for whoever is not authenticated', run: tokens },
  { name: 'security: credentials of users', run: credentials },
  { name: 'security: credentials that are set and deleted', run: alteredCredentials },
]
