/** The alert by which a client's certificate is refused: Node judges certificates after the handshake, and has no way to send one. */
import { createCipheriv, createHmac } from 'node:crypto'

/** The fatal alert certificate_unknown, which is what Kafka sends. */
const certificateUnknown = Buffer.from([2, 46])
const alertType = 21
const applicationDataType = 23
const tagBytes = 16
const ivBytes = 12

/** Suites of TLS 1.3 but for those with CCM, which neither Java nor OpenSSL has on by default. */
const suites: Readonly<Record<string, readonly [hash: string, cipher: string, keyBytes: number]>> = {
  TLS_AES_128_GCM_SHA256: ['sha256', 'aes-128-gcm', 16],
  TLS_AES_256_GCM_SHA384: ['sha384', 'aes-256-gcm', 32],
  TLS_CHACHA20_POLY1305_SHA256: ['sha256', 'chacha20-poly1305', 32],
}

/**
 * The record to send before anything that follows the handshake. In TLS 1.2 it is plain, as this end has not said that it encrypts from now on. In
 * TLS 1.3 it is encrypted, where the secret is given and the suite is one of the above; else any client reports it as a bad record.
 */
export function certificateRefusal(suite: string, serverSecret: Buffer | null): Buffer {
  const known = suites[suite]
  if (serverSecret === null || known === undefined) {
    return Buffer.from([alertType, 3, 3, 0, certificateUnknown.length, ...certificateUnknown])
  }
  const [hash, cipher, keyBytes] = known
  const derived = (label: string, bytes: number) => expandLabel(hash, serverSecret, label, bytes)
  const content = Buffer.from([...certificateUnknown, alertType])
  const head = Buffer.from([applicationDataType, 3, 3, 0, content.length + tagBytes])
  // It is the first record under these keys: its number, 0, changes nothing in the IV.
  const sealing = createCipheriv(cipher as 'aes-128-gcm', derived('key', keyBytes), derived('iv', ivBytes), {
    authTagLength: tagBytes,
  })
  sealing.setAAD(head, { plaintextLength: content.length })
  return Buffer.concat([head, sealing.update(content), sealing.final(), sealing.getAuthTag()])
}

/** HKDF-Expand-Label of RFC 8446 without a context, for no more bytes than the hash has. */
function expandLabel(hash: string, secret: Buffer, label: string, bytes: number): Buffer {
  const name = `tls13 ${label}`
  const info = Buffer.from([0, bytes, name.length, ...Buffer.from(name), 0, 1])
  return createHmac(hash, secret).update(info).digest().subarray(0, bytes)
}

/** The secret of a server's records out of a line of a key log; null where the line has another. */
export function serverSecretOf(line: Buffer): Buffer | null {
  const [label, , secret] = line.toString('latin1').trim().split(' ')
  return label === 'SERVER_TRAFFIC_SECRET_0' && secret !== undefined ? Buffer.from(secret, 'hex') : null
}
