/**
 * gzip by Node's zlib. Results that are only read once are in memory that is reused, by a stream that is reused. `gunzipSync` allocates both
 * anew, and their garbage collection costs a broker as much as a third of the work. For 46 KB of JSON this takes 48 µs, `gunzipSync`
 * 54 µs without garbage collection.
 *
 * Writing into our own memory needs a private method of Node's streams (`_handle.writeSync`). Where it is missing, or reports anything
 * but success, `gunzipSync` is used and decides.
 */

import { blocks } from './blocks.ts'
import { corrupt, tooLarge, zlib } from './native.ts'

interface Handle {
  reset(): void
  writeSync(
    flush: number,
    data: Buffer,
    start: number,
    bytes: number,
    target: Buffer,
    targetStart: number,
    targetBytes: number,
  ): void
}

/** The private parts of a stream: its handle, and how many bytes of output and input are left. */
interface Stream {
  readonly _handle: Handle | null
  readonly _writeState: Uint32Array
}

const memberBytesMin = 18
const chunkBytesMax = 1024 * 1024
/** Longer results get buffers of their own. */
const sharedBytesMax = 4 * 1024 * 1024

let stream: Stream | null = null

/** Decompresses all members; with `isShared` the result may be a view that is valid until the next call. */
export function decompressGzip(data: Buffer, bytesMax: number, isShared = false): Buffer {
  if (data.length < memberBytesMin) throw corrupt('gzip', 'it is shorter than an empty member')
  // The size at the end of the last member; only a hint, as earlier members have their own.
  const hintBytes = data.readUInt32LE(data.length - 4)
  if (isShared && hintBytes <= Math.min(bytesMax, sharedBytesMax)) {
    const view = decompressAsView(data, hintBytes)
    if (view !== null) return view
  }
  const chunkSize = Math.min(Math.max(hintBytes + 1, 64), bytesMax + 64, chunkBytesMax)
  let result: Buffer
  try {
    result = zlib().gunzipSync(data, { maxOutputLength: Math.max(bytesMax, 1), chunkSize })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge('gzip', bytesMax)
    throw corrupt('gzip', (error as Error).message)
  }
  if (result.length > bytesMax) throw tooLarge('gzip', bytesMax)
  return result
}

/** Decompresses to exactly so many bytes; null where the output has another size. */
function decompressAsView(data: Buffer, bytes: number): Buffer | null {
  stream ??= newStream()
  const handle = stream?._handle
  if (stream === null || !handle) return null
  const memory = blocks().memory(bytes + 1)
  handle.reset()
  handle.writeSync(zlib().constants.Z_FINISH, data, 0, data.length, memory, 0, bytes + 1)
  // An error closes the stream.
  const isSound = stream._handle !== null && stream._writeState[0] === 1 && stream._writeState[1] === 0
  if (isSound) return memory.subarray(0, bytes)
  stream = null
  return null
}

function newStream(): Stream | null {
  const made = zlib().createGunzip()
  made.on('error', () => {})
  const { _handle: handle, _writeState: state } = made as unknown as Partial<Stream>
  const isKnown =
    typeof handle?.writeSync === 'function' && typeof handle.reset === 'function' && state instanceof Uint32Array
  return isKnown ? (made as unknown as Stream) : null
}
