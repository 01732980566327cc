/** The lines of a file, read in pieces: a file of any size takes little memory. */
import { filePieces, regularFileBytes } from '../../storage/files.ts'
import { ContentsError } from './contents-error.ts'

const pieceBytes = 256 * 1024
/** The longest line: beyond any record that a broker takes by default, and bounded. */
const lineBytesMax = 64 * 1024 * 1024

/** A line without its end, its number from 1 on, and how far it reaches in the file. */
export interface Line {
  readonly text: string
  readonly number: number
  readonly endsAt: number
}

/** Bytes of the file, null for a pipe, which can be read once. Throws ContentsError. */
export function bytesOfFile(path: string): number | null {
  try {
    return regularFileBytes(path)
  } catch (error) {
    throw unreadable(path, error)
  }
}

/** The lines that have something on them. Throws ContentsError. */
export function* linesOf(path: string): Generator<Line> {
  let begun: Buffer[] = []
  let begunBytes = 0
  let number = 0
  let position = 0
  for (const piece of piecesOf(path)) {
    let from = 0
    for (let to = piece.indexOf(10); to >= 0; to = piece.indexOf(10, from)) {
      const text = textOf(begun, piece.subarray(from, to))
      begun = []
      begunBytes = 0
      from = to + 1
      number++
      if (text !== '') yield { text, number, endsAt: position + from }
    }
    if (from < piece.length) begun.push(Buffer.from(piece.subarray(from)))
    begunBytes += piece.length - from
    position += piece.length
    if (begunBytes > lineBytesMax) {
      const what = `it has more than ${lineBytesMax} bytes; write one JSON object on each line`
      throw new ContentsError(`${path}, line ${number + 1}: ${what}`)
    }
  }
  const text = textOf(begun, Buffer.alloc(0))
  if (text !== '') yield { text, number: number + 1, endsAt: position }
}

function* piecesOf(path: string): Generator<Buffer> {
  try {
    yield* filePieces(path, pieceBytes)
  } catch (error) {
    throw unreadable(path, error)
  }
}

function unreadable(path: string, error: unknown): ContentsError {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return new ContentsError(`there is no file ${path} to load records from; give another path`)
  return new ContentsError(`${path} cannot be read: ${message}; give a file of JSON lines that this user may read`)
}

function textOf(begun: readonly Buffer[], last: Buffer): string {
  const bytes = begun.length === 0 ? last : Buffer.concat([...begun, last])
  return bytes.toString('utf8').trim()
}
