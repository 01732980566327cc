/**
 * Zstandard. Frames and their blocks are parsed here first, so that the greatest decompressed size is known before anything is
 * decompressed. One of three libraries does the rest, in this order:
 *
 * 1. `@cloudpss/zstd`, a binary, on the main thread. Measured on 1 KB, 16 KB and 160 KB, µs to decompress: 3, 11, 104.
 * 2. Node's own from 22.15 on: 20, 26, 117. It reads the first frame only, so it is given one frame at a time; and it can stop
 *    at a limit, so it also reads frames that do not declare their size.
 * 3. `@cloudpss/zstd/wasm`, which loads asynchronously: see `prepareZstd`.
 *
 * The binary compresses and decompresses whole frames in one context for the process, so two threads that use it at once damage each other's
 * results. Only the main thread does; what Node has, and the WebAssembly build, have contexts of their own in each thread.
 *
 * Results that are only read once come from the third, as views of its memory, once zstd is used often: 46 KB of JSON take it 37 µs. The
 * binary takes 31 µs and nearly as much again for garbage collection, as it allocates its results.
 */

import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { codes, KafkaError } from '../errors.ts'
import { corrupt, tooLarge, zlib } from './native.ts'

interface Zstd {
  compress(data: Buffer, level: number): Uint8Array
  /** The binary wants a size that what all frames declare is below; the WebAssembly build has one of its own. */
  decompress(data: Buffer, bytesMax: number): Uint8Array
}

interface Decompressor {
  data(data: Buffer, push: (chunk: Buffer) => void): void
}

/** The lower interface of the WebAssembly build; its public functions copy. */
interface WasmInternals {
  readonly HEAPU8: Uint8Array
  _malloc(bytes: number): number
  _free(at: number): void
  /** Returns the size or, below 0, an error. */
  _decompress(to: number, toBytes: number, from: number, fromBytes: number): number
}

interface Binary extends Zstd {
  Decompressor: new () => Decompressor
}

interface Builtin {
  zstdCompressSync?(data: Buffer, options: { params: Record<number, number> }): Buffer
  zstdDecompressSync?(data: Buffer, options: { maxOutputLength: number }): Buffer
}

interface Frame {
  readonly start: number
  readonly end: number
  /** Where each block begins, and at last where they end. */
  readonly cuts: number[]
  /** Bytes when decompressed: exactly, or at most. */
  readonly bytesMax: number
  readonly exact: boolean
}

/** The level of Kafka's clients when none is set. */
const levelDefault = 3
const frameMagic = 0xfd2fb528
const skippableMagic = 0x184d2a50
const blockBytesLargest = 128 * 1024
/** The greatest size that `@cloudpss/zstd` takes. */
const libraryBytesMax = 2 ** 30 - 1
const compressionLevelParameter = 100

const require = createRequire(import.meta.url)
let binary: Binary | null | undefined
let mainThread: boolean | undefined
let wasm: Zstd | undefined

/** Found out on first use, as the module costs 2 ms. */
function isMainThread(): boolean {
  mainThread ??= (require('node:worker_threads') as typeof import('node:worker_threads')).isMainThread
  return mainThread
}

/** Without the package's own module around the binary: that is an ES module, which not everybody who runs CommonJS can load (Jest). */
function loadBinary(): Binary | null {
  if (binary === undefined) {
    try {
      const path = require.resolve('@cloudpss/zstd/package.json')
      binary = createRequire(path)('node-gyp-build')(dirname(path)) as Binary
    } catch {
      binary = null
    }
  }
  return binary
}

/** The binary where it may be given whole frames: see the head of the file. Its streams have contexts of their own, in any thread. */
function binaryForFrames(): Binary | null {
  return isMainThread() ? loadBinary() : null
}

/** Platforms for which the package has a binary, with either C library. */
const platformsWithBinary = new Set(
  ['darwin', 'linux', 'win32'].flatMap(platform => [`${platform}-arm64`, `${platform}-x64`]),
)

/**
 * Resolves when zstd can be used in this thread; loads something, and waits for it, only where there is neither a binary that may be used
 * nor a Node with zstd.
 */
export async function prepareZstd(
  platform = `${process.platform}-${process.arch}`,
  isBuiltIn = (zlib() as Builtin).zstdCompressSync !== undefined,
): Promise<void> {
  if (isBuiltIn || (isMainThread() && platformsWithBinary.has(platform)) || binaryForFrames() !== null) return
  const name = '@cloudpss/zstd/wasm'
  try {
    wasm = (await import(name)) as Zstd
  } catch {
    // An ES module, which CommonJS in a context of its own cannot load (Jest): what needs zstd is refused then.
  }
}

function unavailable(): KafkaError {
  return new KafkaError(
    codes.UNSUPPORTED_COMPRESSION_TYPE,
    'zstd has no binary for this platform; use Node 22.15 or newer, or wait for prepareZstd() first',
  )
}

/** Compresses into one frame that declares its size. */
export function compressZstd(data: Buffer, level: number = levelDefault): Buffer {
  const library = binaryForFrames()
  if (library !== null) return library.compress(data, level) as Buffer
  const { zstdCompressSync } = zlib() as Builtin
  if (zstdCompressSync !== undefined) {
    return zstdCompressSync(data, { params: { [compressionLevelParameter]: level } })
  }
  if (wasm === undefined) throw unavailable()
  return bufferOf(wasm.compress(data, level))
}

/** After so many streams that are read once, the WebAssembly build is loaded for them; it takes 30 ms, and 6 MB at first. */
const oftenFrom = 64
/** Longer streams are decompressed into new buffers, which costs them relatively less. */
const sharedBytesMax = 4 * 1024 * 1024
let lookedAt = 0
let sharedMemory: SharedMemory | null = null
let sharedLoading: Promise<boolean> | undefined

/** Input and output areas in the memory of the WebAssembly build, as large as was needed so far. */
class SharedMemory {
  readonly #wasm: WasmInternals
  #from = 0
  #fromBytes = 0
  #to = 0
  #toBytes = 0

  constructor(wasm: WasmInternals) {
    this.#wasm = wasm
  }

  /** A view that is valid until the next call; null where there is no memory for it. */
  decompress(data: Buffer, bytes: number): Buffer | null {
    const wasm = this.#wasm
    if (data.length > this.#fromBytes) {
      this.#fromBytes = this.#sizeOf(data.length)
      this.#from = this.#place(this.#from, this.#fromBytes)
    }
    if (bytes > this.#toBytes) {
      this.#toBytes = this.#sizeOf(bytes)
      this.#to = this.#place(this.#to, this.#toBytes)
    }
    if (this.#from === 0 || this.#to === 0) return null
    wasm.HEAPU8.set(data, this.#from)
    const reached = wasm._decompress(this.#to, bytes, this.#from, data.length)
    if (reached < 0) throw corrupt('zstd', `error ${-reached} of the library`)
    return Buffer.from(wasm.HEAPU8.buffer, this.#to, reached)
  }

  #sizeOf(bytes: number): number {
    return Math.max(64 * 1024, 2 ** Math.ceil(Math.log2(bytes)))
  }

  #place(old: number, bytes: number): number {
    if (old !== 0) this.#wasm._free(old)
    return this.#wasm._malloc(bytes)
  }
}

/** Loads the WebAssembly build for results that are read once; false where it is not available. */
export function prepareSharedZstd(): Promise<boolean> {
  const name = '@cloudpss/zstd/wasm'
  sharedLoading ??= import(name).then(
    ({ _WasmModule: wasm }: { _WasmModule?: WasmInternals }) => {
      if (wasm?._decompress !== undefined && wasm._malloc !== undefined) sharedMemory = new SharedMemory(wasm)
      return sharedMemory !== null
    },
    () => false,
  )
  return sharedLoading
}

/** The result as a view that is valid until the next call; null where it has to be decompressed into a new buffer. */
function decompressAsView(data: Buffer, bytes: number): Buffer | null {
  if (bytes > sharedBytesMax || data.length > sharedBytesMax) return null
  if (++lookedAt === oftenFrom) void prepareSharedZstd()
  return sharedMemory === null ? null : sharedMemory.decompress(data, bytes)
}

/** Decompresses all frames in `data`; with `isShared` the result may be a view that is valid until the next call. */
export function decompressZstd(data: Buffer, bytesMax: number, isShared = false): Buffer {
  const limit = Math.min(bytesMax, libraryBytesMax)
  const frames = framesOf(data)
  let bytes = 0
  let exact = true
  for (const frame of frames) {
    bytes += frame.bytesMax
    exact &&= frame.exact
  }
  if (exact && bytes > limit) throw tooLarge('zstd', limit)
  const view = isShared && exact ? decompressAsView(data, bytes) : null
  if (view !== null) return view
  try {
    const library = binaryForFrames() ?? wasm
    // Where a frame does not declare its size, its last block may be smaller than the bound assumes.
    const whole =
      library !== undefined && bytes <= limit + frames.length * blockBytesLargest && bytes <= libraryBytesMax
    const result = whole
      ? bufferOf(library.decompress(data, libraryBytesMax + 1))
      : decompressLimited(data, frames, limit)
    if (result.length > limit) throw tooLarge('zstd', limit)
    return result
  } catch (error) {
    if (error instanceof KafkaError) throw error
    throw corrupt('zstd', (error as Error).message)
  }
}

/** Decompresses frame by frame, or block by block, and stops at the limit. */
function decompressLimited(data: Buffer, frames: readonly Frame[], bytesMax: number): Buffer {
  const { zstdDecompressSync } = zlib() as Builtin
  const library = loadBinary()
  const chunks: Buffer[] = []
  let bytes = 0
  const push = (chunk: Buffer) => {
    bytes += chunk.length
    chunks.push(chunk)
  }
  for (const frame of frames) {
    if (zstdDecompressSync !== undefined) {
      try {
        const maxOutputLength = Math.max(1, bytesMax - bytes)
        push(zstdDecompressSync(data.subarray(frame.start, frame.end), { maxOutputLength }))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge('zstd', bytesMax)
        throw error
      }
    } else if (library !== null) {
      const decompressor = new library.Decompressor()
      let from = frame.start
      for (const cut of frame.cuts) {
        decompressor.data(data.subarray(from, cut), push)
        if (bytes > bytesMax) throw tooLarge('zstd', bytesMax)
        from = cut
      }
    } else if (wasm !== undefined) {
      throw tooLarge('zstd', bytesMax)
    } else {
      throw unavailable()
    }
  }
  return Buffer.concat(chunks, bytes)
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function framesOf(data: Buffer): Frame[] {
  if (data.length === 0) throw corrupt('zstd', 'it is empty')
  const frames: Frame[] = []
  for (let at = 0; at < data.length; ) {
    if (data.length - at < 6) throw corrupt('zstd', 'it ends inside the header of a frame')
    const magic = data.readUInt32LE(at)
    if ((magic & 0xfffffff0) >>> 0 === skippableMagic) {
      if (data.length - at < 8) throw corrupt('zstd', 'it ends inside the header of a frame')
      at += 8 + data.readUInt32LE(at + 4)
      if (at > data.length) throw corrupt('zstd', 'it ends inside a frame to be skipped')
      continue
    }
    if (magic !== frameMagic) throw corrupt('zstd', 'it does not begin with the magic number of a frame')
    const frame = frameAt(data, at)
    frames.push(frame)
    at = frame.end
  }
  return frames
}

/** One frame: magic 4, descriptor 1, [window 1], [dictionary 0–4], [content size 0–8], blocks, [checksum 4] (RFC 8878). */
function frameAt(data: Buffer, start: number): Frame {
  const descriptor = data[start + 4]
  const singleSegment = (descriptor & 0x20) !== 0
  const sizeField = descriptor >> 6 === 0 ? (singleSegment ? 1 : 0) : 1 << (descriptor >> 6)
  if ((descriptor & 0x03) !== 0) throw corrupt('zstd', 'it asks for a dictionary')
  let at = start + 5 + (singleSegment ? 0 : 1)
  if (data.length < at + sizeField) throw corrupt('zstd', 'it ends inside the header of a frame')
  let declared = -1
  if (sizeField === 1) declared = data[at]
  else if (sizeField === 2) declared = data.readUInt16LE(at) + 256
  else if (sizeField === 4) declared = data.readUInt32LE(at)
  else if (sizeField === 8) declared = data.readUInt32LE(at) + data.readUInt32LE(at + 4) * 2 ** 32
  at += sizeField
  const windowBytes = singleSegment ? declared : windowBytesOf(data[start + 5])
  const blockBytesMax = Math.min(blockBytesLargest, windowBytes)
  const cuts: number[] = []
  let bytesMax = 0
  for (let last = false; !last; ) {
    if (data.length - at < 3) throw corrupt('zstd', 'it ends inside a block')
    const block = data.readUIntLE(at, 3)
    const type = (block >> 1) & 0x03
    const size = block >> 3
    last = (block & 1) !== 0
    if (type === 3) throw corrupt('zstd', 'a block is of a reserved type')
    bytesMax += type === 2 ? blockBytesMax : size
    at += 3 + (type === 1 ? 1 : size)
    if (at > data.length) throw corrupt('zstd', 'it ends inside a block')
    cuts.push(at)
  }
  if ((descriptor & 0x04) !== 0) {
    at += 4
    if (at > data.length) throw corrupt('zstd', 'it ends inside a checksum')
    cuts.push(at)
  }
  const exact = declared >= 0
  if (exact && declared > bytesMax) throw corrupt('zstd', `a frame declares ${declared} bytes and can hold ${bytesMax}`)
  return { start, end: at, cuts, bytesMax: exact ? declared : bytesMax, exact }
}

function windowBytesOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 0x07)
}
