/** The parts of an encoded message: bytes in memory, and ranges of a file that stay there until they are sent. */

/** A range of a file, for the sender of a message to send from there. */
export interface FileBytes {
  readonly length: number
  /** The file's descriptor, open for reading until the message was sent. */
  readonly fd: number
  /** Where they begin in the file. */
  readonly position: number
  /** Reads up to `length` of these bytes into a buffer, from the `from`th on; returns how many were read. */
  read(into: Buffer, length: number, from: number): number
}

/** A part of an encoded message. */
export type Chunk = Buffer | FileBytes
