/** What messages with records are made of: bytes in memory, and bytes that stay in a file until they are sent. */

/** Bytes that lie in a file, for whoever sends a message to send from there. */
export interface FileBytes {
  readonly length: number
  /** The file's handle, which is open for reading until the message was sent. */
  readonly fd: number
  /** Where they begin in the file. */
  readonly position: number
  /** Reads from the `from`th of them on into a buffer, up to `length`; gives how many there were. */
  read(into: Buffer, length: number, from: number): number
}

/** A part of an encoded message. */
export type Chunk = Buffer | FileBytes
