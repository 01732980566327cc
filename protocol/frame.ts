/** Frames: four bytes of size, a header, a body. */
import { encodeInto } from './codec.ts'
import { apis } from './messages/index.ts'
import { Reader } from './reader.ts'
import type { Chunk } from './records/chunk.ts'
import { finishFrame, isFlexible, sizeBytes } from './request-frame.ts'
import type { Api, ResponseOf } from './schema.ts'
import { Writer } from './writer.ts'

export { encodeRequestFrame, sizeBytes } from './request-frame.ts'

/** A request's header, and where in the buffer the body begins. */
export interface RequestHeaderView {
  apiKey: number
  apiVersion: number
  correlationId: number
  clientId: string | null
  bodyStart: number
}

const byKey = new Map<number, Api>(apis.map(api => [api.key, api as Api]))

/** The API with a key, if it is declared. */
export function apiByKey(key: number): Api | undefined {
  return byKey.get(key)
}

const apiVersionsKey = 18

const reader = new Reader()
const writer = new Writer()

/**
 * Reads the header of a request from a frame without its size. Of an unknown API only what every header begins with is read,
 * since its encoding is not known. DecodeError where the frame is too short for a header.
 */
export function decodeRequestHeader(buffer: Buffer, start: number, end: number): RequestHeaderView {
  reader.reset(buffer, start, end)
  const apiKey = reader.int16()
  const apiVersion = reader.int16()
  const correlationId = reader.int32()
  const api = byKey.get(apiKey)
  // The one request with a header that has no client id, ControlledShutdown v0, is none that clients send.
  const clientId = api === undefined ? null : reader.nullableString()
  if (api !== undefined && isFlexible(api, apiVersion)) reader.unknownTags()
  return { apiKey, apiVersion, correlationId, clientId, bodyStart: reader.position }
}

/** A response with size and header, as buffers in order; none of its records may lie in a file. */
export function encodeResponseFrame<A extends Api>(
  api: A,
  version: number,
  correlationId: number,
  response: ResponseOf<A>,
): Buffer[] {
  return encodeAnswerFrame(api, version, correlationId, response) as Buffer[]
}

/** A response with size and header, as chunks in order for one gathering write. */
export function encodeAnswerFrame<A extends Api>(
  api: A,
  version: number,
  correlationId: number,
  response: ResponseOf<A>,
): Chunk[] {
  writer.start()
  writer.reserve(sizeBytes)
  writer.int32(correlationId)
  // A client asks for versions before it knows the broker's, so that this answer keeps the oldest header.
  if (isFlexible(api, version) && api.key !== apiVersionsKey) writer.uvarint(0)
  encodeInto(api.response, version, response as never, writer)
  return finishFrame(writer)
}
