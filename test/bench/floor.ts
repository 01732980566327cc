/**
 * The floor: how fast bytes go through a bare Node socket into a file and back out of it, with nothing done to them on the way.
 * It answers the generator (see replay/) like a broker that checks, orders and keeps nothing:
 *
 *     npx tsx test/bench/floor.ts [PORT [CERTIFICATE_AND_KEY]]
 *     npx tsx test/bench/replay/main.ts --ours --against 127.0.0.1:PORT --pid N --name floor
 *
 * With a PEM file it speaks TLS, by Node's own server.
 *
 * What comes in goes into one file as it is, by one write for each read of the socket, or 64 KB of it. Fetches are served from another file,
 * which is filled with the first batch that was produced, over and over.
 */
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import type { Wire, WireReceiver } from '../../lib/network/network.ts'
import { systemNetwork } from '../../lib/network/tcp.ts'
import { decode } from '../../protocol/codec.ts'
import { decodeRequestHeader, encodeResponseFrame } from '../../protocol/frame.ts'
import { DeleteTopics } from '../../protocol/messages/delete-topics.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { answerOf } from './floor-answers.ts'
import { writeInPieces } from './floor-file.ts'

const sizeBytes = 4
/** All sockets are read into one buffer of this size. */
const receiveBytes = 1024 * 1024
/** The file that fetches are served from: small enough to stay in the page cache. */
const servedBytes = 256 * 1024 * 1024
/** The file that is written begins anew at this size, so that the disk does not fill. */
const writtenBytesMax = 2 * 1024 * 1024 * 1024

const directory = mkdtempSync(join(tmpdir(), 'floor-'))
const incoming = Buffer.allocUnsafeSlow(receiveBytes)

/** The two files. */
class Store {
  #written = openSync(join(directory, 'written'), 'w')
  #writtenBytes = 0
  readonly #served = openSync(join(directory, 'served'), 'w+')
  #batch: Buffer | null = null

  write(bytes: Buffer): void {
    if (this.#writtenBytes > writtenBytesMax) this.beginAnew()
    this.#writtenBytes = writeInPieces(this.#written, bytes, this.#writtenBytes)
  }

  /** Lets go of what was written. */
  beginAnew(): void {
    closeSync(this.#written)
    rmSync(join(directory, 'written'))
    this.#written = openSync(join(directory, 'written'), 'w')
    this.#writtenBytes = 0
  }

  /** Fills the file that is served, unless it is. */
  serve(batch: Buffer): void {
    if (this.#batch?.length === batch.length) return
    this.#batch = Buffer.from(batch)
    for (let at = 0; at + batch.length <= servedBytes; ) at = writeInPieces(this.#served, batch, at)
  }

  /** Bytes of so many whole batches as fit. */
  wholeBatches(bytesMax: number): number {
    const size = this.#batch?.length ?? bytesMax
    return Math.max(1, Math.floor(bytesMax / size)) * size
  }

  /** Reads on from a position, from the beginning where not enough is left; gives the next one. */
  read(into: Buffer, position: number): number {
    const end = this.#batch === null ? 0 : Math.floor(servedBytes / this.#batch.length) * this.#batch.length
    const from = position + into.length > end ? 0 : position
    readSync(this.#served, into, 0, into.length, from)
    return from + into.length
  }
}

/** One connection. Frames are stepped over, not put together, as soon as it is known what they are. */
class Through implements WireReceiver {
  readonly #wire: Pick<Wire, 'write' | 'writeAll' | 'destroy'>
  readonly #store: Store
  /** The size of the present frame, as far as it has come; then the bytes of the frame that are still to come. */
  #size = 0
  #sizeRead = 0
  #left = 0
  /** The present frame in pieces, while it is not known what this connection does; null from then on. */
  #pieces: Buffer[] | null = []
  /** The answer to each produce. */
  #produced: Buffer | null = null
  #due = 0
  /** The answer to each fetch, of which `#records` is a part. */
  #fetched: readonly Buffer[] | null = null
  #records = Buffer.alloc(0)
  #position = 0

  constructor(wire: Pick<Wire, 'write' | 'writeAll' | 'destroy'>, store: Store) {
    this.#wire = wire
    this.#store = store
  }

  ended(): void {
    this.#wire.destroy()
  }

  closed(): void {}

  target(): Buffer {
    return incoming
  }

  filled(length: number): boolean {
    return this.push(incoming.subarray(0, length))
  }

  push(bytes: Buffer): boolean {
    let at = 0
    while (at < bytes.length) {
      if (this.#left === 0) {
        this.#size = (this.#size << 8) | bytes[at++]
        if (++this.#sizeRead < sizeBytes) continue
        this.#left = this.#size
        this.#size = 0
        this.#sizeRead = 0
        continue
      }
      const step = Math.min(this.#left, bytes.length - at)
      this.#pieces?.push(Buffer.from(bytes.subarray(at, at + step)))
      at += step
      this.#left -= step
      if (this.#left === 0) this.#frame()
    }
    if (this.#produced !== null) {
      this.#store.write(bytes)
      if (this.#due > 0) this.#wire.write(this.#due === 1 ? this.#produced : repeated(this.#produced, this.#due))
      this.#due = 0
    }
    return true
  }

  #frame(): void {
    if (this.#produced !== null) this.#due++
    else if (this.#fetched !== null) this.#serve(this.#fetched)
    else this.#learn(Buffer.concat(this.#pieces!))
  }

  #learn(frame: Buffer): void {
    const { apiKey, apiVersion, correlationId, bodyStart } = decodeRequestHeader(frame, 0, frame.length)
    this.#pieces = null
    if (apiKey === Produce.key) {
      const { topicData } = decode(Produce.request, apiVersion, frame, bodyStart)
      const { name, topicId, partitionData } = topicData[0]
      const { index, records } = partitionData[0]
      this.#store.serve(records!)
      const partitionResponses = [{ index, errorCode: 0, baseOffset: 0, recordErrors: [] }]
      const response = { responses: [{ name, topicId, partitionResponses }] }
      this.#produced = Buffer.concat(encodeResponseFrame(Produce, apiVersion, correlationId, response))
      this.#due++
    } else if (apiKey === Fetch.key) {
      const request = decode(Fetch.request, apiVersion, frame, bodyStart)
      const { topic, topicId, partitions } = request.topics[0]
      this.#records = Buffer.allocUnsafeSlow(this.#store.wholeBatches(request.maxBytes))
      const answer = { partitionIndex: partitions[0].partition, errorCode: 0, highWatermark: 0, records: this.#records }
      const response = {
        throttleTimeMs: 0,
        errorCode: 0,
        responses: [{ topic, topicId, partitions: [{ ...answer, abortedTransactions: null }] }],
      }
      this.#fetched = encodeResponseFrame(Fetch, apiVersion, correlationId, response)
      this.#serve(this.#fetched)
    } else {
      this.#pieces = []
      // The end of a run: the next one finds its memory warm, as a broker does that deletes the topic.
      if (apiKey === DeleteTopics.key) this.#store.beginAnew()
      this.#wire.write(answerOf(apiKey, apiVersion, correlationId, frame.subarray(bodyStart)))
    }
  }

  /** The answer before has left: the generator has one fetch under way on a connection. */
  #serve(chunks: readonly Buffer[]): void {
    this.#position = this.#store.read(this.#records, this.#position)
    this.#wire.writeAll(chunks)
  }
}

function repeated(bytes: Buffer, times: number): Buffer {
  const all = Buffer.allocUnsafe(bytes.length * times)
  for (let i = 0; i < times; i++) bytes.copy(all, i * bytes.length)
  return all
}

async function listen(wanted: number): Promise<number> {
  const { port } = await systemNetwork.listen({
    host: '127.0.0.1',
    port: wanted,
    backlog: 511,
    accept: wire => wire.receive(new Through(wire, store)),
    failed: error => {
      throw error
    },
  })
  return port
}

async function listenSecured(wanted: number, file: string): Promise<number> {
  const pem = readFileSync(file, 'utf8')
  const server = tls.createServer({ cert: pem, key: pem, noDelay: true }, socket => {
    const through = new Through(
      {
        write: bytes => socket.write(bytes),
        writeAll: chunks => {
          socket.cork()
          for (const chunk of chunks) socket.write(chunk)
          socket.uncork()
        },
        destroy: () => socket.destroy(),
      },
      store,
    )
    socket.on('data', bytes => through.push(bytes))
    socket.on('end', () => socket.destroy())
    socket.on('error', () => socket.destroy())
  })
  server.listen(wanted, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const store = new Store()
const [, , portWanted = '0', pemFile] = process.argv
const port = pemFile === undefined ? await listen(Number(portWanted)) : await listenSecured(Number(portWanted), pemFile)
process.stdout.write(`floor ready: 127.0.0.1:${port}, pid ${process.pid}\n`)
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    rmSync(directory, { recursive: true, force: true })
    process.exit(0)
  })
}
