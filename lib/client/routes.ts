/** Ways to the brokers of a cluster, as producers and consumers need them: an administrator (lib/admin) has them. */
import type { Api, ClientResponseOf } from '../../protocol/schema.ts'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Connection, RequestAt } from './connections.ts'
import type { CoordinatorKind, Lane, Target } from './targets.ts'

export type { CoordinatorKind, Lane, Target }

/** How a request is asked. */
export interface AskOptions<Response> {
  /** The error code by which the whole answer is judged; by default its `errorCode`, where it has one. */
  readonly errorOf?: (response: Response) => number
  /** The sentence that came with it. */
  readonly messageOf?: (response: Response) => string | null
  /** The oldest version that can say what is meant. */
  readonly leastVersion?: number
  /** The newest version whose request and answer are understood. */
  readonly mostVersion?: number
}

export interface Routes {
  readonly clock: Clock
  readonly random: Random
  /** Rejects with ClientError or KafkaError where there is no way. */
  connectionTo(target: Target, lane?: Lane): Promise<Connection>
  /** Closes a connection that has proved to be of no use. */
  drop(connection: Connection): void
  /** Sends a request to whom it is meant for, again and again where it has to be. Rejects with KafkaError. */
  ask<A extends Api>(
    target: Target,
    api: A,
    request: RequestAt<A>,
    options?: AskOptions<ClientResponseOf<A>>,
  ): Promise<ClientResponseOf<A>>
  /** Calls `attempt` until it resolves, or rejects with what will not pass, or the time of an operation is over. */
  again<T>(what: string, attempt: () => Promise<T>): Promise<T>
}
