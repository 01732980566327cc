/** Which access rules let whoever has nothing to do with a delegation token see it: DESCRIBE on the token, DESCRIBE_TOKENS on its owner (KIP-373). */
import { Secret } from '../../lib/base/secret.ts'
import { Client } from '../../lib/client/client.ts'
import { CreateAcls } from '../../protocol/messages/create-acls.ts'
import { DeleteAcls } from '../../protocol/messages/delete-acls.ts'
import { DescribeAcls } from '../../protocol/messages/describe-acls.ts'
import { until } from '../scenario.ts'
import type { Session } from '../session.ts'
import type { Case } from './case.ts'
import { forAnother, people, tokenPassword, tokenSettings } from './tokens.ts'

const [tokenType, userType] = [6, 7]
const [literal, prefixed] = [3, 4]
const [deny, allow] = [2, 3]
const [all, read, describe, createTokens, describeTokens] = [2, 3, 8, 13, 14]
const principal = 'User:eve'

/** Type, name, pattern, operation, permission. */
type Rule = readonly [type: number, name: string, pattern: number, operation: number, permission: number]

/** All rules of the one who asks. */
const hers = {
  ...{ resourceTypeFilter: 1, resourceNameFilter: null, patternTypeFilter: 1 },
  ...{ principalFilter: principal, hostFilter: null, operation: 1, permissionType: 1 },
}

/** The one who makes rules. Brokers hear of them after the controller has answered. */
class RuleMaker {
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  async make(rules: readonly Rule[]): Promise<string> {
    const creations = rules.map(([resourceType, resourceName, resourcePatternType, operation, permissionType]) => ({
      ...{ resourceType, resourceName, resourcePatternType, principal, host: '*', operation, permissionType },
    }))
    const { results } = await this.#client.send(CreateAcls, 3, { creations })
    const refused = results.find(({ errorCode }) => errorCode !== 0)
    if (refused !== undefined) return `refused with code ${refused.errorCode}`
    await this.#until(rules.length)
    return 'made'
  }

  async drop(): Promise<void> {
    await this.#client.send(DeleteAcls, 3, { filters: [hers] })
    await this.#until(0)
  }

  async #until(count: number): Promise<void> {
    await until(`${count} rules`, async () => {
      const { resources } = await this.#client.send(DescribeAcls, 3, hers)
      return resources.flatMap(({ acls }) => acls).length === count ? true : undefined
    })
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

async function seen(session: Session): Promise<void> {
  const { admin, eve } = await people(session, ['admin', 'eve'])
  const { host, port } = session
  const login = { mechanism: 'PLAIN', user: 'admin', password: new Secret(tokenPassword) } as const
  const maker = new RuleMaker(await Client.connect({ host, port, clientId: 'conformance', timeoutMs: 20_000, login }))
  const [owner, other] = [session.name('owner'), session.name('other')]
  const renewers = [{ principalType: 'User', principalName: session.name('renewer') }]
  const mine = await admin.create('of an owner', { ...forAnother(owner), renewers })
  const theirs = await admin.create('of another', { ...forAnother(other), renewers: [] })
  for (const token of [mine, theirs]) await admin.sees(token, token.expiryTimestampMs)

  const onToken = (name: string, pattern = literal, permission = allow, operation = describe): Rule => [
    ...([tokenType, name, pattern, operation, permission] as const),
  ]
  const onUser = (name: string, pattern = literal, permission = allow, operation = describeTokens): Rule => [
    ...([userType, name, pattern, operation, permission] as const),
  ]
  const { tokenId } = mine
  const user = `User:${owner}`
  const rules: Readonly<Record<string, readonly Rule[]>> = {
    'with no rule': [],
    'token DESCRIBE, literal': [onToken(tokenId)],
    'token DESCRIBE, prefixed': [onToken(tokenId.slice(0, 12), prefixed)],
    'token DESCRIBE, wildcard': [onToken('*')],
    'token DESCRIBE, denied literal': [onToken('*'), onToken(tokenId, literal, deny)],
    'token DESCRIBE, denied prefixed': [onToken('*'), onToken(tokenId.slice(0, 12), prefixed, deny)],
    'token DESCRIBE, denied wildcard': [onToken(tokenId), onToken('*', literal, deny)],
    'token DESCRIBE, of another': [onToken(theirs.tokenId)],
    'token ALL': [onToken(tokenId, literal, allow, all)],
    'token ALL, denied': [onToken('*'), onToken(tokenId, literal, deny, all)],
    'token READ': [onToken(tokenId, literal, allow, read)],
    'user DESCRIBE_TOKENS, literal': [onUser(user)],
    'user DESCRIBE_TOKENS, prefixed': [onUser(user.slice(0, -3), prefixed)],
    'user DESCRIBE_TOKENS, wildcard': [onUser('*')],
    'user DESCRIBE_TOKENS, denied literal': [onUser('*'), onUser(user, literal, deny)],
    'user DESCRIBE_TOKENS, denied prefixed': [onUser('*'), onUser(user.slice(0, -3), prefixed, deny)],
    'user DESCRIBE_TOKENS, denied wildcard': [onUser(user), onUser('*', literal, deny)],
    'user DESCRIBE_TOKENS, of a name without a type': [onUser(owner)],
    'user DESCRIBE_TOKENS, of a renewer': [onUser(`User:${renewers[0]!.principalName}`)],
    'user DESCRIBE_TOKENS, of who asked for it': [onUser('User:admin')],
    'user ALL': [onUser(user, literal, allow, all)],
    'user CREATE_TOKENS': [onUser(user, literal, allow, createTokens)],
    'both, the token denied': [onUser(user), onToken(tokenId, literal, deny)],
    'both, the owner denied': [onToken(tokenId), onUser(user, literal, deny)],
    'everything by wildcards': [onToken('*', literal, allow, all), onUser('*', literal, allow, all)],
  }
  for (const [title, made] of Object.entries(rules)) {
    session.note('CreateAcls', 3, title, await maker.make(made))
    await eve.describe(title, [owner, other])
    await maker.drop()
  }
  await maker.make([onToken('*'), onUser('*')])
  await eve.describe('by the name of a renewer', [renewers[0]!.principalName])
  await admin.describe('by the name of a renewer, by who asked for it', [renewers[0]!.principalName])
  await eve.renew('by who sees it alone', mine.hmac)
  await eve.expire('by who sees it alone', mine.hmac)
  await maker.drop()
  await maker.close()
  for (const person of [admin, eve]) await person.close()
}

export const tokenRightCases: readonly Case[] = [
  { name: 'tokens: seen by access rules', settings: tokenSettings, run: seen },
]
