/** Frames of requests, as clients send them: apart from those of a broker, so that a client loads no message that it does not send. */
import { encodeInto } from './codec.ts'
import type { Chunk } from './records/chunk.ts'
import { writeInt32 } from './records/int.ts'
import type { Api, ClientRequestOf } from './schema.ts'
import { Writer } from './writer.ts'

/** Bytes of the size before each frame; the size does not count them. */
export const sizeBytes = 4

const writer = new Writer()

/** A client's request with size and header, as buffers in order. */
export function encodeRequestFrame<A extends Api>(
  api: A,
  version: number,
  correlationId: number,
  clientId: string | null,
  request: ClientRequestOf<A>,
): Buffer[] {
  writer.start()
  writer.reserve(sizeBytes)
  writer.int16(api.key)
  writer.int16(version)
  writer.int32(correlationId)
  writer.nullableString(clientId)
  if (isFlexible(api, version)) writer.uvarint(0)
  encodeInto(api.request, version, request as never, writer)
  return finishFrame(writer) as Buffer[]
}

/** Whether headers of this version have tagged fields. */
export function isFlexible(api: Api, version: number): boolean {
  return api.flexible !== null && version >= api.flexible
}

/** What was written, with its size in front, for which there has to be room. */
export function finishFrame(written: Writer): Chunk[] {
  const bytes = written.bytesWritten
  const chunks = written.finish()
  // The size itself was written into memory.
  const first = chunks[0] as Buffer
  writeInt32(first, 0, bytes - sizeBytes)
  return chunks
}
