/** What went wrong with a handshake, in words that say what to do; Node and OpenSSL give codes. */
import { types } from 'node:util'

/** A handshake that did not come about. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError'
  /** The code of Node, OpenSSL or the system. */
  readonly code: string
  /** Whether another attempt would end the same way; where the other end said nothing, it may have been the network. */
  readonly isFinal: boolean

  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
    const known = adviceOn(code)
    this.isFinal = known !== undefined && known !== otherEndClosed
  }
}

const otherEndClosed =
  'the other end closed the connection during the handshake; it may not trust this certificate (its own log says why), or speak no TLS'

const untrusted =
  "the certificate of the other end is not trusted: add the authority that signed it to this end's trust store (ssl.truststore.location)"

const advice: Readonly<Record<string, string>> = {
  ECONNRESET: otherEndClosed,
  EPIPE: otherEndClosed,
  ERR_SSL_HTTP_REQUEST: 'an HTTP request came, this port speaks TLS; send it elsewhere, or use https',
  ERR_SSL_HTTPS_PROXY_REQUEST: 'a request for a proxy came, this port speaks TLS',
  ERR_SSL_WRONG_VERSION_NUMBER:
    'what came is not TLS: one end speaks PLAINTEXT; set security.protocol=SSL in the client',
  ERR_SSL_PACKET_LENGTH_TOO_LONG:
    'what came is not TLS: one end speaks PLAINTEXT; set security.protocol=SSL in the client',
  ERR_SSL_UNSUPPORTED_PROTOCOL:
    'the ends share no version of TLS; both need one of ssl.enabled.protocols, TLSv1.2 or TLSv1.3',
  ERR_SSL_NO_SHARED_CIPHER:
    'the ends share no cipher suite: compare ssl.cipher.suites of both; a key of the other kind (RSA, EC) may lack, too',
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM:
    'the other end accepts no signature that the key of this end can make; use an RSA key of 2048 bits or an EC key (P-256)',
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    'the client has shown no certificate, and ssl.client.auth=required asks for one: give it a key store, or set ssl.client.auth=requested',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA:
    "the other end does not trust this certificate: add its authority to that end's trust store",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    "the other end does not trust this certificate: add its authority to that end's trust store, and see that the certificate names the host that was connected to",
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'the other end refuses this certificate; its own log says why',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    'the other end says that this certificate is no longer valid: make a new one',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE:
    'the other end refuses: the two share no cipher suite, or it requires a certificate (ssl.keystore.location)',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    'the other end requires a certificate: give this end a key store (ssl.keystore.location)',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION:
    'the ends share no version of TLS; both need one of ssl.enabled.protocols, TLSv1.2 or TLSv1.3',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'the certificate does not name the host that was connected to: connect by a name in it, or set ssl.endpoint.identification.algorithm= (empty)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  CERT_HAS_EXPIRED: 'the certificate of the other end is no longer valid: it needs a new one',
  CERT_NOT_YET_VALID: 'the certificate of the other end is not valid yet: compare the clocks of both machines',
  INVALID_PURPOSE:
    'the certificate of the other end is not meant for this: its extended key usage lacks this end of TLS',
}

/** OpenSSL 3.2, which Node 24 has, calls alerts of SSL 3 by another name. */
function adviceOn(code: string): string | undefined {
  return advice[code.replace('SSL/TLS_ALERT', 'SSLV3_ALERT')]
}

/** An error that says what to do, of one with a code; one that is such already is given back. */
export function handshakeError(error: {
  readonly code?: string
  readonly message?: string
  readonly syscall?: string
}): Error {
  const { code = 'UNKNOWN', syscall } = error
  if (error instanceof HandshakeError) return error
  // The system's own are about the connection, and say enough.
  if (types.isNativeError(error) && syscall !== undefined && adviceOn(code) === undefined) return error
  return new HandshakeError(code, adviceOn(code) ?? `the handshake failed: ${error.message ?? code}`, error)
}

/** The same of an error that ends a secured connection. With TLS 1.3 a client's handshake is over before its certificate is judged. */
export function securedError(error: Error): Error {
  const { code = '' } = error as NodeJS.ErrnoException
  return code.includes('_ALERT_') ? handshakeError(error) : error
}
