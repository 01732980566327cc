/** Delegation tokens (KIP-48): who may renew and end them, and until when they are good. The rules are Kafka's. Secrets are made of the ids elsewhere, and never kept. */
import { codes } from '../../protocol/errors.ts'
import { PieceMap } from './piece-map.ts'
import { readStored, type StoredChange, writeStored } from './stored.ts'

/** Principals are as Kafka prints them, `User:alice`; times are milliseconds since 1970. */
export interface DelegationToken {
  readonly tokenId: string
  readonly owner: string
  /** Who asked for it. */
  readonly requester: string
  readonly renewers: readonly string[]
  readonly issueTimestamp: number
  /** It cannot be renewed beyond this. */
  readonly maxTimestamp: number
  readonly expiryTimestamp: number
}

/** By their ids. */
export type Tokens = PieceMap<DelegationToken>

/** What the broker's settings say. */
export interface TokenRules {
  readonly maxLifetimeMs: number
  readonly expiryTimeMs: number
}

const tokensPrefix = 'tokens'

/** What comes of a request about one token. */
export interface TokenOutcome {
  readonly changes: readonly StoredChange[]
  readonly result: { readonly errorCode: number; readonly expiryTimestampMs: number }
}

/** A period that is not positive asks for the longest there is. */
function shortest(ofRules: number, asked: number): number {
  return asked > 0 ? Math.min(ofRules, asked) : ofRules
}

/** The token that begins now. */
export function newToken(
  made: Pick<DelegationToken, 'tokenId' | 'owner' | 'requester' | 'renewers'>,
  lifetimeMs: number,
  { maxLifetimeMs, expiryTimeMs }: TokenRules,
  now: number,
): DelegationToken {
  const maxTimestamp = now + shortest(maxLifetimeMs, lifetimeMs)
  const expiryTimestamp = Math.min(maxTimestamp, now + expiryTimeMs)
  return { ...made, issueTimestamp: now, maxTimestamp, expiryTimestamp }
}

/** Whether somebody may see a token without being allowed to by a rule. */
export function isSeenBy(token: DelegationToken, principal: string): boolean {
  return token.requester === principal || isRenewedBy(token, principal)
}

/** Who asked for it may not. */
function isRenewedBy({ owner, renewers }: DelegationToken, principal: string): boolean {
  return owner === principal || renewers.includes(principal)
}

/** Whether it is good no more. */
export function isExpired({ maxTimestamp, expiryTimestamp }: DelegationToken, now: number): boolean {
  return maxTimestamp < now || expiryTimestamp < now
}

/** Lets a token live longer. */
export function planRenewal(
  token: DelegationToken | undefined,
  principal: string,
  periodMs: number,
  { expiryTimeMs }: TokenRules,
  now: number,
): TokenOutcome {
  if (token === undefined) return refused(codes.DELEGATION_TOKEN_NOT_FOUND)
  if (isExpired(token, now)) return refused(codes.DELEGATION_TOKEN_EXPIRED)
  if (!isRenewedBy(token, principal)) return refused(codes.DELEGATION_TOKEN_OWNER_MISMATCH)
  return until(token, now + shortest(expiryTimeMs, periodMs))
}

/** Ends a token after a while, or at once where that is negative. */
export function planExpiry(
  token: DelegationToken | undefined,
  principal: string,
  periodMs: number,
  now: number,
): TokenOutcome {
  if (token === undefined) return refused(codes.DELEGATION_TOKEN_NOT_FOUND)
  if (!isRenewedBy(token, principal)) return refused(codes.DELEGATION_TOKEN_OWNER_MISMATCH)
  if (periodMs < 0) {
    const changes = [{ key: tokenKey(token.tokenId), value: null }]
    return { changes, result: { errorCode: codes.NONE, expiryTimestampMs: now } }
  }
  if (isExpired(token, now)) return refused(codes.DELEGATION_TOKEN_EXPIRED)
  return until(token, now + periodMs)
}

function until(token: DelegationToken, timestamp: number): TokenOutcome {
  const expiryTimestamp = Math.min(token.maxTimestamp, timestamp)
  const result = { errorCode: codes.NONE, expiryTimestampMs: expiryTimestamp }
  return { changes: [storedToken({ ...token, expiryTimestamp })], result }
}

function refused(errorCode: number): TokenOutcome {
  return { changes: [], result: { errorCode, expiryTimestampMs: 0 } }
}

/** Takes away what is good no more. */
export function planSweep(tokens: Tokens, now: number): { changes: StoredChange[]; result: number } {
  const over = [...tokens.values()].filter(token => isExpired(token, now))
  return { changes: over.map(({ tokenId }) => ({ key: tokenKey(tokenId), value: null })), result: over.length }
}

function tokenKey(tokenId: string): string {
  return `${tokensPrefix}/${tokenId}`
}

/** A token as it is stored. */
export function storedToken({ tokenId, ...token }: DelegationToken): StoredChange {
  return { key: tokenKey(tokenId), value: writeStored(token) }
}

/** What stands under a key. */
export function tokenOf(key: string, tokenId: string, value: string): DelegationToken {
  return { tokenId, ...readStored<Omit<DelegationToken, 'tokenId'>>(key, value) }
}

export function noTokens(): Tokens {
  return PieceMap.empty()
}
