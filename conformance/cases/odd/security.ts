/** Odd values in the requests about who may do what, on a broker that asks nobody who they are. */
import { codes } from '../../../protocol/errors.ts'
import { AlterUserScramCredentials } from '../../../protocol/messages/alter-user-scram-credentials.ts'
import { CreateAcls } from '../../../protocol/messages/create-acls.ts'
import { CreateDelegationToken } from '../../../protocol/messages/create-delegation-token.ts'
import { DeleteAcls } from '../../../protocol/messages/delete-acls.ts'
import { DescribeAcls } from '../../../protocol/messages/describe-acls.ts'
import { DescribeDelegationToken } from '../../../protocol/messages/describe-delegation-token.ts'
import { DescribeUserScramCredentials } from '../../../protocol/messages/describe-user-scram-credentials.ts'
import { ExpireDelegationToken } from '../../../protocol/messages/expire-delegation-token.ts'
import { RenewDelegationToken } from '../../../protocol/messages/renew-delegation-token.ts'
import { SaslAuthenticate } from '../../../protocol/messages/sasl-authenticate.ts'
import { SaslHandshake } from '../../../protocol/messages/sasl-handshake.ts'
import type { Case, Difference } from '../case.ts'
import { oddCase } from './odd.ts'

const principalType = 'User'

/** A topic by its whole name, any operation, allowed. */
const filter = {
  resourceTypeFilter: 2,
  resourceNameFilter: 'there',
  patternTypeFilter: 3,
  principalFilter: 'User:somebody',
  hostFilter: '*',
  operation: 2,
  permissionType: 3,
}

const creation = {
  resourceType: 2,
  resourceName: 'there',
  resourcePatternType: 3,
  principal: 'User:somebody',
  host: '*',
  operation: 3,
  permissionType: 3,
}

/** Kafka cannot read a request in which a kind or an operation is 0, which stands for one that it does not know. */
function unknowns(ours: object): Difference[] {
  const reason =
    '**ACLs** of an unknown kind or operation are answered SECURITY_DISABLED as all others are; Kafka closes the connection'
  return [{ answer: '* = 0', path: '', ours, reason }]
}

function emptyPassword(field: string, ours: number | string): Difference {
  const reason =
    '**AlterUserScramCredentials** with an empty salted password is refused with UNACCEPTABLE_CREDENTIAL; Kafka fails of it'
  return { answer: '* upsertions[0].saltedPassword = 0 zeroes', path: `results.somebody-<run>.${field}`, ours, reason }
}

const disabled = { errorCode: codes.SECURITY_DISABLED, errorMessage: '<errorMessage>' }

export const oddSecurityCases: readonly Case[] = [
  oddCase({ api: SaslHandshake, good: () => ({ mechanism: 'PLAIN' }) }),
  oddCase({ api: SaslAuthenticate, good: () => ({ authBytes: Buffer.from('who') }) }),
  oddCase({
    api: DescribeAcls,
    good: () => filter,
    differs: unknowns({ throttleTimeMs: 0, ...disabled, resources: [] }),
  }),
  oddCase({
    api: CreateAcls,
    good: () => ({ creations: [creation] }),
    differs: unknowns({ throttleTimeMs: 0, results: [disabled] }),
  }),
  oddCase({
    api: DeleteAcls,
    good: () => ({ filters: [filter] }),
    differs: unknowns({ throttleTimeMs: 0, filterResults: [{ ...disabled, matchingAcls: [] }] }),
  }),
  oddCase({
    api: CreateDelegationToken,
    good: () => ({
      ownerPrincipalType: principalType,
      ownerPrincipalName: 'somebody',
      renewers: [{ principalType, principalName: 'another' }],
      maxLifetimeMs: -1,
    }),
  }),
  oddCase({ api: RenewDelegationToken, good: () => ({ hmac: Buffer.from('token'), renewPeriodMs: 1000 }) }),
  oddCase({ api: ExpireDelegationToken, good: () => ({ hmac: Buffer.from('token'), expiryTimePeriodMs: 1000 }) }),
  oddCase({
    api: DescribeDelegationToken,
    good: () => ({ owners: [{ principalType, principalName: 'somebody' }] }),
  }),
  oddCase({ api: DescribeUserScramCredentials, good: () => ({ users: [{ name: 'somebody' }] }) }),
  // After the case that lists all users: this one makes some.
  oddCase({
    api: AlterUserScramCredentials,
    good: ({ own }) => ({
      deletions: [{ name: own('nobody'), mechanism: 1 }],
      upsertions: [
        {
          name: own('somebody'),
          mechanism: 1,
          iterations: 4096,
          salt: Buffer.alloc(16, 's'),
          saltedPassword: Buffer.alloc(32, 'p'),
        },
      ],
    }),
    differs: [
      emptyPassword('errorCode', codes.UNACCEPTABLE_CREDENTIAL),
      emptyPassword('errorMessage', '<errorMessage>'),
    ],
  }),
]
