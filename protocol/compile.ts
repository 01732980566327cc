/**
 * Turns a layout into two functions of straight-line code, as one would write them by hand for that message and version. Runs of
 * fields of fixed size cost one check of bounds; what the version lacks costs nothing to write and a constant to read.
 */
import { compileRead } from './compile-read.ts'
import { compileWrite } from './compile-write.ts'
import type { Layout } from './layout.ts'
import type { Reader } from './reader.ts'
import { sortUnknownTags, type Writer } from './writer.ts'

/** How one message at one version is read and written. */
export interface Codec {
  read(reader: Reader): unknown
  write(writer: Writer, value: unknown): void
}

const emptyBytes = Buffer.alloc(0)

/** Compiles a layout; EvalError where code must not be made from strings. */
export function compile(layout: Layout): Codec {
  const source = `'use strict'\n${compileRead(layout)}\n${compileWrite(layout)}\nreturn { read: read0, write: write0 }`
  return new Function('emptyBytes', 'sortUnknownTags', source)(emptyBytes, sortUnknownTags)
}
