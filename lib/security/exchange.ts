/** One exchange of messages by which a client proves who it is, as the mechanisms of SASL have it on the broker's side. */

/** What a message of the client leads to. */
export type Reply =
  /** The client is to go on. */
  | { readonly kind: 'challenge'; readonly message: Buffer }
  /** It is this user. */
  | {
      readonly kind: 'user'
      readonly message: Buffer
      readonly user: string
      /** Where it has shown a delegation token: how much longer that is good, negative where it is no more. */
      readonly tokenLifeMs?: number
    }
  /** Who it says to be, where it has said so; `reason` is told to the client. */
  | { readonly kind: 'refused'; readonly reason: string; readonly user: string | null }

/** The broker's side of one login by one mechanism. */
export interface Exchange {
  /** Takes the next message of the client, and keeps none of its bytes. */
  receive(message: Buffer): Reply
}
