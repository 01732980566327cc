/** What is said and told of a test-kit's state. The types of the package name nothing of it that is not in here. */

/** A client that is connected. */
export interface ConnectedClient {
  /** What it calls itself; null before it has said so. */
  readonly clientId: string | null
  /** Its software, as far as it says. */
  readonly software: string
  /** host:port */
  readonly address: string
}

export interface ResetOptions {
  /** Whether clients stay connected; 'keep' where nothing is said. */
  connections?: 'keep' | 'close'
  /**
   * 'new' where nothing is said: clients notice that their topics are others. 'keep' is for clients that never again read or write a topic
   * whose id has changed, as franz-go's; topics that are there before and after keep theirs.
   */
  topicIds?: 'new' | 'keep'
}

export interface ResetResult {
  /** Clients that are connected still. */
  readonly leftovers: readonly ConnectedClient[]
}

/** How clients come to a virtual cluster. */
export interface VirtualClusterOptions {
  /**
   * 'port' (the default): on ports of its own, which is sure for every client. The others are on the ports of the broker: 'serverName' has the
   * clients that ask for its name in TLS (SNI), 'clientId' those whose client id begins with its name. The first request decides, for the
   * connection; of several names that fit, the longest counts.
   */
  by?: 'port' | 'serverName' | 'clientId'
  /** As long as it is there, clients that are for no virtual cluster are turned away from the broker's ports. */
  strict?: boolean
}

/** All that a broker had at one moment. */
export interface TestSnapshot {
  readonly id: string
  /** Lets go of it. */
  forget(): void
}
