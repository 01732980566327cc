/** `ottla tokens`: delegation tokens, with the options of `kafka-delegation-tokens`. */
import { CreateDelegationToken } from '../../../protocol/messages/create-delegation-token.ts'
import { DescribeDelegationToken } from '../../../protocol/messages/describe-delegation-token.ts'
import { ExpireDelegationToken } from '../../../protocol/messages/expire-delegation-token.ts'
import { RenewDelegationToken } from '../../../protocol/messages/renew-delegation-token.ts'
import type { ClientResponseOf } from '../../../protocol/schema.ts'
import type { Admin } from '../../admin/admin.ts'
import type { Io } from '../io.ts'
import { columns } from './columns.ts'
import { sentenceOf } from './kafka-words.ts'
import { javaDate } from './times.ts'
import { connectionOptions, type Given, runTool, type Tool, ToolUsageError, withAdmin } from './tool.ts'

const options = {
  create: { doc: 'make a token' },
  renew: { doc: 'let a token live longer' },
  expire: { doc: 'end a token' },
  describe: { doc: 'the tokens that there are' },
  'owner-principal': { value: 'TYPE:NAME', doc: 'with --create and --describe: whose', multiple: true },
  'renewer-principal': { value: 'TYPE:NAME', doc: 'with --create: who may renew it', multiple: true },
  'max-life-time-period': {
    value: 'MS',
    doc: 'with --create: how long it may live at the most; -1 for what the broker has',
  },
  'renew-time-period': { value: 'MS', doc: 'with --renew: for how long; -1 for what the broker has' },
  'expiry-time-period': { value: 'MS', doc: 'with --expire: in how long; -1 at once' },
  hmac: { value: 'TEXT', doc: 'with --renew and --expire: the token' },
  json: { doc: 'print JSON' },
  ...connectionOptions,
} as const

type Option = keyof typeof options

const tool: Tool<Option> = {
  name: 'tokens',
  about: 'makes, renews, ends and describes delegation tokens',
  example: 'tokens --bootstrap-server localhost:9092 --command-config client.properties --describe',
  options,
}

const actions = ['create', 'renew', 'expire', 'describe'] as const
/** What each needs. */
const needed = {
  create: ['max-life-time-period'],
  renew: ['hmac', 'renew-time-period'],
  expire: ['hmac', 'expiry-time-period'],
  describe: [],
} as const satisfies Record<(typeof actions)[number], readonly Option[]>

/** What each goes without. */
const refused = {
  create: ['hmac', 'renew-time-period', 'expiry-time-period'],
  renew: ['renewer-principal', 'max-life-time-period', 'expiry-time-period', 'owner-principal'],
  expire: ['max-life-time-period', 'renew-time-period', 'owner-principal'],
  describe: ['renew-time-period', 'max-life-time-period', 'hmac', 'expiry-time-period'],
} as const satisfies Record<(typeof actions)[number], readonly Option[]>

/** Carries out a command line; gives the exit code. */
export function kafkaDelegationTokens(argv: readonly string[], io: Io): Promise<number> {
  return runTool(
    tool,
    argv,
    io,
    async given => {
      const action = check(given)
      await withAdmin(given, admin => carryOut[action](admin, given, io))
      return 0
    },
    error => io.stderr.write(`${sentenceOf(error)}\n`),
  )
}

function check(given: Given<Option>): (typeof actions)[number] {
  const chosen = actions.filter(action => given.has(action))
  if (chosen.length !== 1)
    throw new ToolUsageError('Command must include exactly one action: --create, --renew, --expire or --describe')
  for (const name of ['bootstrap-server', 'command-config', ...needed[chosen[0]!]] as const)
    if (!given.has(name)) throw new ToolUsageError(`Missing required argument "[${name}]"`)
  const other = refused[chosen[0]!].find(name => given.has(name))
  if (other !== undefined) throw new ToolUsageError(`Option "[${chosen[0]}]" can't be used with option "[${other}]"`)
  return chosen[0]!
}

function principalsIn(texts: readonly string[]) {
  return texts.map(text => {
    const at = text.trim().indexOf(':')
    if (at < 0) throw new Error(`expected a string in format principalType:principalName but got ${text}`)
    return { principalType: text.trim().slice(0, at), principalName: text.trim().slice(at + 1) }
  })
}

/** A token is told by the letters of its bytes. Throws an Error where they are none. */
function hmacIn(given: Given<Option>): Buffer {
  const text = given.one('hmac')!
  const [wrong] = /[^\w+/=]|_/.exec(text) ?? []
  if (wrong !== undefined) throw new Error(`Illegal base64 character ${wrong.charCodeAt(0).toString(16)}`)
  return Buffer.from(text, 'base64')
}

const said = (principals: readonly { principalType: string; principalName: string }[]) =>
  `[${principals.map(({ principalType, principalName }) => `${principalType}:${principalName}`).join(', ')}]`

const carryOut: Readonly<
  Record<(typeof actions)[number], (admin: Admin, given: Given<Option>, io: Io) => Promise<void>>
> = {
  async create(admin, given, io) {
    const renewers = principalsIn(given.all('renewer-principal'))
    const [owner] = principalsIn(given.all('owner-principal'))
    const maxLifetimeMs = given.long('max-life-time-period')!
    const isJson = given.has('json')
    if (!isJson)
      io.stdout.write(
        `Calling create token operation with renewers :${said(renewers)} , max-life-time-period :${maxLifetimeMs}\n`,
      )
    const token = await admin.ask({ to: 'any' }, CreateDelegationToken, {
      ...{ renewers, maxLifetimeMs },
      ...{ ownerPrincipalType: owner?.principalType ?? null, ownerPrincipalName: owner?.principalName ?? null },
    })
    if (isJson) {
      printJson([{ ...token, renewers }], io)
      return
    }
    io.stdout.write(`Created delegation token with tokenId : ${token.tokenId}\n`)
    print([{ ...token, renewers }], io)
  },

  async renew(admin, given, io) {
    const renewPeriodMs = given.long('renew-time-period')!
    if (!given.has('json'))
      io.stdout.write(
        `Calling renew token operation with hmac :${given.one('hmac')} , renew-time-period :${renewPeriodMs}\n`,
      )
    const { expiryTimestampMs } = await admin.ask({ to: 'any' }, RenewDelegationToken, {
      ...{ hmac: hmacIn(given), renewPeriodMs },
    })
    const told = `Completed renew operation. New expiry date : ${minute(expiryTimestampMs)}`
    io.stdout.write(`${given.has('json') ? JSON.stringify({ expiryTimestampMs }) : told}\n`)
  },

  async expire(admin, given, io) {
    const expiryTimePeriodMs = given.long('expiry-time-period')!
    if (!given.has('json'))
      io.stdout.write(
        `Calling expire token operation with hmac :${given.one('hmac')} , expire-time-period :${expiryTimePeriodMs}\n`,
      )
    const { expiryTimestampMs } = await admin.ask({ to: 'any' }, ExpireDelegationToken, {
      ...{ hmac: hmacIn(given), expiryTimePeriodMs },
    })
    const told = `Completed expire operation. New expiry date : ${minute(expiryTimestampMs)}`
    io.stdout.write(`${given.has('json') ? JSON.stringify({ expiryTimestampMs }) : told}\n`)
  },

  async describe(admin, given, io) {
    const owners = principalsIn(given.all('owner-principal'))
    const isJson = given.has('json')
    if (!isJson)
      io.stdout.write(
        owners.length === 0
          ? 'Calling describe token operation for current user.\n'
          : `Calling describe token operation for owners: ${said(owners)}\n`,
      )
    const { tokens } = await admin.ask({ to: 'any' }, DescribeDelegationToken, {
      owners: owners.length === 0 ? null : owners,
    })
    const told = tokens.map(token => ({
      ...token,
      issueTimestampMs: token.issueTimestamp,
      expiryTimestampMs: token.expiryTimestamp,
      maxTimestampMs: token.maxTimestamp,
    }))
    if (isJson) {
      printJson(told, io)
      return
    }
    io.stdout.write(`Total number of tokens : ${tokens.length}`)
    print(told, io)
  },
}

interface Token
  extends Pick<
    ClientResponseOf<typeof CreateDelegationToken>,
    | 'tokenId'
    | 'hmac'
    | 'principalType'
    | 'principalName'
    | 'tokenRequesterPrincipalType'
    | 'tokenRequesterPrincipalName'
    | 'issueTimestampMs'
    | 'expiryTimestampMs'
    | 'maxTimestampMs'
  > {
  readonly renewers: readonly { readonly principalType: string; readonly principalName: string }[]
}

const requesterOf = (token: Token) => `${token.tokenRequesterPrincipalType}:${token.tokenRequesterPrincipalName}`

function print(tokens: readonly Token[], io: Io): void {
  const titles = ['TOKENID', 'HMAC', 'OWNER', 'REQUESTER', 'RENEWERS', 'ISSUEDATE', 'EXPIRYDATE', 'MAXDATE']
  const rows = tokens.map(token => [
    token.tokenId,
    Buffer.from(token.hmac).toString('base64'),
    `${token.principalType}:${token.principalName}`,
    requesterOf(token),
    said(token.renewers),
    ...[token.issueTimestampMs, token.expiryTimestampMs, token.maxTimestampMs].map(minute),
  ])
  io.stdout.write([titles, ...rows].map(row => `\n${columns([15, 30, 15, 15, 25, 15, 15, 15], row)}\n`).join(''))
}

/** Times are milliseconds since 1970. */
function printJson(tokens: readonly Token[], io: Io): void {
  const name = ({ principalType, principalName }: { principalType: string; principalName: string }) =>
    `${principalType}:${principalName}`
  const rows = tokens.map(token => ({
    tokenId: token.tokenId,
    hmac: Buffer.from(token.hmac).toString('base64'),
    owner: name(token),
    requester: requesterOf(token),
    renewers: token.renewers.map(name),
    issueTimestampMs: token.issueTimestampMs,
    expiryTimestampMs: token.expiryTimestampMs,
    maxTimestampMs: token.maxTimestampMs,
  }))
  io.stdout.write(`${JSON.stringify(rows)}\n`)
}

/** `2030-01-31T13:00` where the tool is run. */
function minute(timestampMs: number): string {
  return javaDate(timestampMs, "yyyy-MM-dd'T'HH:mm")
}
