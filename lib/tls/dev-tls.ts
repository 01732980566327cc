/** Keys for trying TLS out, made at each start and kept nowhere: an authority that clients are told to trust, and a certificate for the listeners. */
import { Authority, type Certified } from './authority.ts'

export interface DevTls {
  /** The certificate of the authority, in PEM: what clients have to trust. */
  readonly authority: string
  /** A certificate that the broker trusts, for clients of listeners that ask for one (`ssl.client.auth`); its user is `User:CN=client`. */
  readonly client: Certified
  /** What the broker is started with, by Kafka's names. */
  readonly properties: Readonly<Record<string, string>>
}

/** `hosts` are the names and addresses by which clients come. */
export function devTls(nowMs: number, hosts: readonly string[]): DevTls {
  const authority = new Authority(nowMs)
  const own = authority.issue({ name: 'localhost', hosts: [...new Set(hosts)] })
  return {
    authority: authority.certificate,
    client: authority.issue({ name: 'client' }),
    properties: {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.certificate.chain': own.certificate,
      'ssl.keystore.key': own.key,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.certificates': authority.certificate,
    },
  }
}
