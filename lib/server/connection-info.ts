/** What is known of a client's connection, for handlers and logs. */

/** Who is at the other end, and where they came in. One object for the life of the connection. */
export interface ConnectionInfo {
  /** Unique in this process, counted from 1. */
  readonly id: number
  /** Name of the listener that accepted it, e.g. PLAINTEXT or INTERNAL. */
  readonly listener: string
  /** How that listener is secured: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL. */
  readonly securityProtocol: string
  readonly remoteAddress: string
  readonly remotePort: number
  /** The address that the client dialled, as this end sees it. */
  readonly localAddress: string
  readonly localPort: number
  /** As the client names itself in ApiVersions (v3 and above), which sets it; 'unknown' until then. */
  clientSoftwareName: string
  clientSoftwareVersion: string
  /** Who the client proved to be, as Kafka prints it; 'User:ANONYMOUS' where nobody asked. */
  principal: string
}
