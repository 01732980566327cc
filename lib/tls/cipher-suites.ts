/** Cipher suites by Java's names, which Kafka's properties use, and by OpenSSL's, which Node takes. */

const keyExchanges: Readonly<Record<string, string>> = {
  RSA: '',
  ECDHE_RSA: 'ECDHE-RSA-',
  ECDHE_ECDSA: 'ECDHE-ECDSA-',
  DHE_RSA: 'DHE-RSA-',
  DHE_DSS: 'DHE-DSS-',
  ECDH_RSA: 'ECDH-RSA-',
  ECDH_ECDSA: 'ECDH-ECDSA-',
}

/** OpenSSL's name of a suite; one that is OpenSSL's already, or one of TLS 1.3, is its own. */
export function opensslSuite(name: string): string {
  const [, exchange, cipher] = /^(?:TLS|SSL)_(\w+?)_WITH_(\w+)$/.exec(name.toUpperCase()) ?? []
  const prefix = keyExchanges[exchange ?? '']
  if (prefix === undefined || cipher === undefined) return name
  return prefix + opensslCipher(cipher)
}

function opensslCipher(cipher: string): string {
  if (cipher === 'CHACHA20_POLY1305_SHA256') return 'CHACHA20-POLY1305'
  if (cipher === '3DES_EDE_CBC_SHA') return 'DES-CBC3-SHA'
  return cipher
    .replace(/_CBC(?=_)/, '')
    .replace(/^(AES|ARIA|CAMELLIA)_(\d+)/, (_, name: string, bits: string) =>
      name === 'ARIA' ? `ARIA${bits}` : name + bits,
    )
    .replaceAll('_', '-')
}
