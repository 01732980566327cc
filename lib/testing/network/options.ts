/** What tests do to the network between clients and the broker. */

/** How connections are disturbed; what is left out stays as it is without. */
export interface NetworkDisturbance {
  /** The name of a listener; all of them where nothing is said. */
  readonly listener?: string
  /** Nothing arrives in this direction, as where a link is cut and TCP tries on: 'in' is to the broker, 'out' from it. */
  readonly blocked?: 'in' | 'out' | 'both'
  /** How much later bytes arrive, in each direction, in milliseconds. */
  readonly latencyMs?: number
  /** How many bytes a connection carries in a second, in each direction. */
  readonly bytesPerSecond?: number
  /** New connections are closed as soon as they are made. */
  readonly refused?: boolean
}

/** The network between clients and the broker. */
export interface TestNetwork {
  /** Resets all connections, or those of one listener; gives how many. */
  cut(listener?: string): number
  /** Disturbs connections, those that there are and those to come, until it is disposed of. Of several, the last says what it says. */
  disturb(disturbance: NetworkDisturbance): AsyncDisposable
  /** Ends all disturbances. */
  restore(): void
}
