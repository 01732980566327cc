/** RC2 (RFC 2268) in CBC mode, decryption only: OpenSSL has it no longer, and Java 8 encrypted the certificates of PKCS12 stores with it. */
import { StoreError } from './store.ts'

/** The permutation that RFC 2268 calls PITABLE. */
const pi = Buffer.from(
  'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82' +
    '54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb6266fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7' +
    '08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ecc2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731' +
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a90d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad',
  'hex',
)

/** The plain bytes without their padding; the effective bits of the key are all that it has. Throws StoreError. */
export function decryptRc2(key: Buffer, iv: Buffer, bytes: Buffer): Buffer {
  const expanded = expandedKey(key)
  const plain = Buffer.alloc(bytes.length)
  let before = iv
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const block = bytes.subarray(at, at + 8)
    decryptBlock(expanded, block, plain.subarray(at, at + 8))
    for (let i = 0; i < 8; i++) plain[at + i]! ^= before[i]!
    before = block
  }
  const padding = plain.at(-1) ?? 0
  if (padding < 1 || padding > 8 || bytes.length % 8 !== 0) throw new StoreError('password')
  return plain.subarray(0, -padding)
}

function expandedKey(key: Buffer): Uint16Array {
  const bytes = Buffer.alloc(128)
  key.copy(bytes)
  for (let i = key.length; i < 128; i++) bytes[i] = pi[(bytes[i - 1]! + bytes[i - key.length]!) & 255]!
  const at = 128 - key.length
  bytes[at] = pi[bytes[at]!]!
  for (let i = at - 1; i >= 0; i--) bytes[i] = pi[bytes[i + 1]! ^ bytes[i + key.length]!]!
  return Uint16Array.from({ length: 64 }, (_, i) => bytes.readUInt16LE(i * 2))
}

/** Rotations of the four words in a round of mixing. */
const rotations = [1, 2, 3, 5]

function decryptBlock(key: Uint16Array, from: Buffer, to: Buffer): void {
  const words = Uint16Array.from({ length: 4 }, (_, i) => from.readUInt16LE(i * 2))
  const word = (i: number) => words[i & 3]!
  for (let round = 15; round >= 0; round--) {
    for (let i = 3; i >= 0; i--) {
      const turned = (word(i) >>> rotations[i]!) | (word(i) << (16 - rotations[i]!))
      words[i] = turned - key[round * 4 + i]! - (word(i - 1) & word(i - 2)) - (~word(i - 1) & word(i - 3))
    }
    if (round === 11 || round === 5) for (let i = 3; i >= 0; i--) words[i] = word(i) - key[word(i - 1) & 63]!
  }
  for (let i = 0; i < 4; i++) to.writeUInt16LE(words[i]!, i * 2)
}
