/** The names of a log's files: the first offset in 20 digits, and what the file is. */

/** What belongs to a segment or to an offset. */
export type FileKind = 'log' | 'index' | 'timeindex' | 'txnindex' | 'snapshot'

/** Path of a log's file. */
export function fileName(dir: string, offset: number, kind: FileKind): string {
  return `${dir}/${String(offset).padStart(20, '0')}.${kind}`
}

/** The offset that a file's name begins with, −1 where it does not. */
export function offsetOfFile(name: string): number {
  const match = /^(\d{20})\./.exec(name)
  return match === null ? -1 : Number(match[1])
}
