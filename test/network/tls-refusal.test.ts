/** What a client of OpenSSL hears whose certificate is refused. Java's and librdkafka's print the same alert. */
import { once } from 'node:events'
import tls, { type SecureVersion } from 'node:tls'
import t from 'tap'
import { systemClock } from '../../lib/base/clock.ts'
import type { TlsAccepting } from '../../lib/network/network.ts'
import { systemNetwork } from '../../lib/network/tcp.ts'
import { Authority } from '../../lib/tls/authority.ts'

const authority = new Authority(systemClock.now())
const { certificate, key } = authority.issue({ name: 'localhost', hosts: ['localhost'] })
const stranger = new Authority(systemClock.now()).issue({ name: 'alice' })

/** The code of the error by which a stranger's connection ends, and how many could connect. */
async function refusalOf(
  clientCertificate: TlsAccepting['clientCertificate'],
  version: SecureVersion,
  ciphers?: string,
): Promise<{ readonly code: string; readonly securedCount: number }> {
  let securedCount = 0
  const options = { cert: certificate, key, ca: authority.certificate, minVersion: version, maxVersion: version }
  const bound = await systemNetwork.listen({
    ...{ host: '127.0.0.1', port: 0, backlog: 10 },
    failed: error => t.fail(String(error)),
    tls: () => ({ clientCertificate, options }),
    accept: wire =>
      wire.secure!(failure => {
        if (failure === null) securedCount++
      }),
  })
  const shown = { cert: stranger.certificate, key: stranger.key }
  const to = { host: '127.0.0.1', port: bound.port, servername: 'localhost', ca: authority.certificate }
  const socket = tls.connect({ ...to, ...shown, ciphers })
  const [error] = (await once(socket.resume(), 'error')) as [NodeJS.ErrnoException]
  await bound.close()
  return { code: error.code ?? '', securedCount }
}

t.test('a certificate that is not trusted is refused with the alert certificate_unknown, as Kafka does', async t => {
  for (const mode of ['required', 'requested'] as const) {
    for (const [version, suite] of [
      ['TLSv1.2', undefined],
      ['TLSv1.3', undefined],
      ['TLSv1.3', 'TLS_AES_128_GCM_SHA256'],
      ['TLSv1.3', 'TLS_AES_256_GCM_SHA384'],
      ['TLSv1.3', 'TLS_CHACHA20_POLY1305_SHA256'],
    ] as const) {
      const { code, securedCount } = await refusalOf(mode, version, suite)
      t.match(code, /_ALERT_CERTIFICATE_UNKNOWN$/, `${mode}, ${version} ${suite ?? ''}`)
      t.equal(securedCount, 0)
    }
  }
})
