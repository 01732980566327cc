/** What is asked of authentication, access rules, tokens and credentials on a broker that has none of them. */
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

export const securityCases: readonly Case[] = [
  { name: 'security: authentication on a listener without', run: authentication },
  { name: 'security: access rules without an authorizer', run: accessRules },
  { name: 'security: tokens for whoever is not authenticated', run: tokens },
  { name: 'security: credentials of users', run: credentials },
]
