/** Whom a request is meant for, and by which of several connections. */

/** Who is to answer a request. */
export type Target =
  | { readonly to: 'any' }
  | { readonly to: 'controller' }
  | { readonly to: 'broker'; readonly nodeId: number }
  | { readonly to: 'coordinator'; readonly of: CoordinatorKind; readonly key: string }

/** What a coordinator coordinates, as FindCoordinator asks for it. */
export type CoordinatorKind = 'group' | 'transaction' | 'share'

/**
 * Which of several connections to one broker: answers come in order, so who waits long, for a Fetch or a JoinGroup, has one of its own, under a name
 * that nobody else has.
 */
export type Lane = string

let lanes = 0

/** A name for another connection, with a word that says what for. */
export function newLane(purpose: string): Lane {
  return `${purpose} ${++lanes}`
}
