/** PEM: the blocks of a text, whatever stands between them. */
import { createPrivateKey } from 'node:crypto'

interface PemBlock {
  /** What stands after BEGIN, e.g. CERTIFICATE. */
  readonly label: string
  readonly text: string
}

const blockForm = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g

/** The blocks of a text in their order. Properties may hold them on one line, with blanks or `\n` for the ends of lines. */
export function pemBlocks(text: string): PemBlock[] {
  return [...text.matchAll(blockForm)].map(([block, label]) => ({ label: label!, text: wrapped(block, label!) }))
}

function wrapped(block: string, label: string): string {
  const [begin, end] = [`-----BEGIN ${label}-----`, `-----END ${label}-----`]
  const inner = block.slice(begin.length, -end.length).replaceAll('\\n', '\n')
  // Headers, as of keys in OpenSSL's older encryption, need their lines as they are.
  if (inner.includes(':')) return `${begin}${inner}${end}\n`
  const base64 = inner.replace(/\s/g, '')
  return `${begin}\n${base64.match(/.{1,64}/g)?.join('\n') ?? ''}\n${end}\n`
}

/** The certificates of a text, each as PEM. */
export function certificatesOf(text: string): string[] {
  return pemBlocks(text)
    .filter(({ label }) => label === 'CERTIFICATE' || label === 'X509 CERTIFICATE' || label === 'TRUSTED CERTIFICATE')
    .map(block => block.text)
}

/** The private keys of a text, each as PEM. */
export function keysOf(text: string): string[] {
  return pemBlocks(text)
    .filter(({ label }) => label.endsWith('PRIVATE KEY'))
    .map(block => block.text)
}

/** A private key without its encryption. Throws an error of OpenSSL where the password is wrong. */
export function openKey(pem: string, password: string | null): string {
  const key = createPrivateKey({ key: pem, format: 'pem', passphrase: password ?? undefined })
  return key.export({ type: 'pkcs8', format: 'pem' }) as string
}

/** Whether a password is needed to read a key. */
export function isEncryptedKey(pem: string): boolean {
  return pem.includes('BEGIN ENCRYPTED') || pem.includes('Proc-Type: 4,ENCRYPTED')
}

/** DER as PEM. */
export function pemOf(label: string, der: Buffer): string {
  return `-----BEGIN ${label}-----\n${der
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n')}\n-----END ${label}-----\n`
}
