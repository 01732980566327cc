/** What bytes say: text where they are text, else hexadecimal. Nothing of it ever becomes markup. */
import type { Bytes } from '../lib/console/answers.ts'

export function bytesOf({ base64 }: Bytes): Uint8Array {
  const binary = atob(base64)
  return Uint8Array.from(binary, character => character.charCodeAt(0))
}

export function base64Of(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += 8_192) binary += String.fromCharCode(...bytes.subarray(at, at + 8_192))
  return btoa(binary)
}

/** Whether only the beginning was told. */
export function isCut({ length, base64 }: Bytes): boolean {
  return bytesIn(base64) < length
}

function bytesIn(base64: string): number {
  return (base64.length / 4) * 3 - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0)
}

/** Control characters, those of writing direction among them, of which text has none but line ends and tabs; what joins letters and emoji stays. */
const hidden = /(?![\n\t\r\u200c\u200d])[\p{Cc}\p{Cf}]/gu

/** The text; null where bytes are none. A character that was cut off at the end is left out. */
export function textOf(content: Bytes): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytesOf(content), {
      stream: isCut(content),
    })
    return text.includes('\u0000') ? null : text
  } catch {
    return null
  }
}

/** Pieces of a text: those that are hidden when they are printed stand apart, as `\u202e`. */
export function visible(text: string): { readonly text: string; readonly isHidden: boolean }[] {
  const pieces: { text: string; isHidden: boolean }[] = []
  let at = 0
  for (const match of text.matchAll(hidden)) {
    if (match.index > at) pieces.push({ text: text.slice(at, match.index), isHidden: false })
    pieces.push({ text: `\\u${match[0].codePointAt(0)!.toString(16).padStart(4, '0')}`, isHidden: true })
    at = match.index + match[0].length
  }
  if (at < text.length) pieces.push({ text: text.slice(at), isHidden: false })
  return pieces
}

/** Rows of offset, hexadecimal and characters, as tools print them. */
export function hexRows(bytes: Uint8Array, from: number, to: number): { at: string; hex: string; text: string }[] {
  const rows = []
  for (let at = from; at < Math.min(to, bytes.length); at += 16) {
    const row = bytes.subarray(at, at + 16)
    const hex = [...row].map(byte => byte.toString(16).padStart(2, '0'))
    rows.push({
      at: at.toString(16).padStart(8, '0'),
      hex: `${hex.slice(0, 8).join(' ')}  ${hex.slice(8).join(' ')}`.padEnd(49),
      text: [...row].map(byte => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join(''),
    })
  }
  return rows
}

/** Hexadecimal digits of the beginning. */
export function hexOf(content: Bytes, bytesMax: number): string {
  const bytes = bytesOf(content)
  const digits = [...bytes.subarray(0, bytesMax)].map(byte => byte.toString(16).padStart(2, '0')).join('')
  return `0x${digits}${content.length > bytesMax ? '…' : ''}`
}
