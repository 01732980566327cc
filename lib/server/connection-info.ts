/** What is known of a client's connection, for handlers and logs. */

/** The client's address, and the listener that accepted it. One object for the life of the connection. */
export interface ConnectionInfo {
  /** Unique in this process, counted from 1. */
  readonly id: number
  /** Name of the listener that accepted it, e.g. PLAINTEXT or INTERNAL. */
  readonly listener: string
  /** How that listener is secured: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL. */
  readonly securityProtocol: string
  readonly remoteAddress: string
  readonly remotePort: number
  /** The address that the client connected to, as this end sees it. */
  readonly localAddress: string
  readonly localPort: number
  /** Set by ApiVersions (v3 and above), in which the client names its software; 'unknown' until then. */
  clientSoftwareName: string
  clientSoftwareVersion: string
  /** The authenticated principal, as Kafka prints it; 'User:ANONYMOUS' without authentication. */
  principal: string
  /** Whether it authenticated by a delegation token of that principal, not by itself. */
  isByToken: boolean
}
