/** `ottla log dump`: what is in the files of a data directory or a partition, one JSON object a line. */
import { readRecords } from '../../protocol/records/batch.ts'
import { codecs } from '../../protocol/records/compression.ts'
import {
  baseOffset,
  baseSequence,
  baseTimestamp,
  compressionType,
  crc,
  hasDeleteHorizon,
  isControl,
  isTransactional,
  lastSequence,
  magic,
  partitionLeaderEpoch,
  producerEpoch,
  producerId,
  readInt64,
  recordCount,
  timestampType,
} from '../../protocol/records/header.ts'
import { readCheckpoint, readPartitionOffsets } from '../../storage/checkpoints.ts'
import { diskFiles, type RandomFile } from '../../storage/files.ts'
import { frameHeaderBytes, frameIsSound, frameLastOffset, frameMaxTimestamp, frameSize } from '../../storage/frames.ts'
import { metaPropertiesName, readMetaProperties } from '../../storage/meta-properties.ts'
import {
  cleanedOffsetsName,
  cleanShutdownName,
  highWatermarksName,
  logStartsName,
  offsetOfFile,
  partitionMetadataName,
  partitionOfName,
  recoveryPointsName,
  topicIdIn,
} from '../../storage/names.ts'
import { OffsetIndex } from '../../storage/offset-index.ts'
import { decodeSnapshot } from '../../storage/producer-snapshots.ts'
import { TimeIndex } from '../../storage/time-index.ts'
import { TransactionIndex } from '../../storage/transaction-index.ts'
import { JsonLines, OutputClosed } from './log-lines.ts'
import { showRecord } from './log-stored.ts'
import type { LogTargets } from './log-target.ts'

/** What to show. */
export interface DumpOptions {
  /** Whether records are shown beside their batches. */
  readonly records: boolean
  /** Nothing that ends before this offset. */
  readonly offset: number
  /** Most lines of a kind from one file. */
  readonly limit: number
}

/** Bytes read at once, unless one batch is larger. */
const pieceBytes = 256 * 1024

/** In the order in which they are shown. */
const kinds = ['log', 'index', 'timeindex', 'txnindex', 'snapshot']

function kindOf(file: string): string {
  return file.slice(file.indexOf('.') + 1)
}

/** Writes all of it; ends early where nobody reads on. */
export async function dump(targets: LogTargets, options: DumpOptions, stdout: NodeJS.Process['stdout']): Promise<void> {
  const lines = new JsonLines(stdout)
  try {
    if (targets.whole && targets.root !== null) await new Dump(lines, options).directory(targets.root)
    for (const { path, name } of targets.partitions) await new Dump(lines, options).partition(path, name)
    await lines.flush()
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error
  }
}

class Dump {
  readonly #lines: JsonLines
  readonly #options: DumpOptions

  constructor(lines: JsonLines, options: DumpOptions) {
    this.#lines = lines
    this.#options = options
  }

  /** The files beside the partitions. */
  async directory(root: string): Promise<void> {
    const properties = readMetaProperties(diskFiles, root)
    if (properties !== null)
      await this.#lines.put({ type: 'meta', file: metaPropertiesName, ...Object.fromEntries(properties) })
    await this.#lines.put({ type: 'cleanShutdown', marked: diskFiles.exists(`${root}/${cleanShutdownName}`) })
    for (const file of [recoveryPointsName, logStartsName, highWatermarksName, cleanedOffsetsName]) {
      await this.#guarded({ type: 'checkpoint', file }, async () => {
        for (const [topic, offsets] of readPartitionOffsets(diskFiles, `${root}/${file}`)) {
          for (const [partition, offset] of offsets) {
            await this.#lines.put({ type: 'checkpoint', file, topic, partition, offset })
          }
        }
      })
    }
  }

  async partition(path: string, name: string): Promise<void> {
    const topic = partitionOfName(name)?.topic ?? name
    const names = diskFiles
      .list(path)
      .filter(entry => !entry.directory)
      .map(entry => entry.name)
      .sort((a, b) => offsetOfFile(a) - offsetOfFile(b) || kinds.indexOf(kindOf(a)) - kinds.indexOf(kindOf(b)))
    const topicId = topicIdIn(diskFiles.read(`${path}/${partitionMetadataName}`))
    await this.#lines.put({ type: 'partition', directory: path, ...(partitionOfName(name) ?? {}), topicId })
    await this.#leaderEpochs(path)
    const bases = names.filter(file => file.endsWith('.log')).map(offsetOfFile)
    for (const file of names) {
      const base = offsetOfFile(file)
      const next = bases.find(other => other > base) ?? Number.POSITIVE_INFINITY
      const kind = kindOf(file)
      if (base < 0 || (kind === 'snapshot' ? base < this.#options.offset : next <= this.#options.offset)) continue
      await this.#guarded({ type: kind, file }, () => this.#file(path, file, kind, base, topic))
    }
  }

  async #file(path: string, file: string, kind: string, base: number, topic: string): Promise<void> {
    const at = `${path}/${file}`
    if (kind === 'log') await this.#batches(at, file, topic)
    else if (kind === 'index') {
      const index = new OffsetIndex(diskFiles, at, base)
      const entry = (n: number) => ({ offset: index.offset(n), position: index.position(n) })
      await this.#entries('index', file, index.file.count, entry, ({ offset }) => offset)
      index.file.close()
    } else if (kind === 'timeindex') {
      const index = new TimeIndex(diskFiles, at, base)
      const entry = (n: number) => ({ timestamp: index.timestamp(n), offset: index.offset(n) })
      await this.#entries('timeindex', file, index.file.count, entry, ({ offset }) => offset)
      index.file.close()
    } else if (kind === 'txnindex') {
      const index = new TransactionIndex(diskFiles, at)
      const { entries } = index
      await this.#entries(
        'txnindex',
        file,
        entries.length,
        n => entries[n],
        ({ lastOffset }) => lastOffset,
      )
      index.close()
    } else if (kind === 'snapshot') await this.#snapshot(at, file, base)
  }

  async #leaderEpochs(path: string): Promise<void> {
    const file = 'leader-epoch-checkpoint'
    await this.#guarded({ type: 'leaderEpoch', file }, async () => {
      for (const [epoch, startOffset] of readCheckpoint(diskFiles, `${path}/${file}`, 2) ?? []) {
        await this.#lines.put({ type: 'leaderEpoch', leaderEpoch: Number(epoch), startOffset: Number(startOffset) })
      }
    })
  }

  async #entries<E extends object>(
    type: string,
    file: string,
    count: number,
    entryAt: (index: number) => E,
    offsetOf: (entry: E) => number,
  ): Promise<void> {
    let shown = 0
    for (let index = 0; index < count && shown < this.#options.limit; index++) {
      const entry = entryAt(index)
      if (offsetOf(entry) < this.#options.offset) continue
      shown++
      await this.#lines.put({ type, file, ...entry })
    }
  }

  async #snapshot(at: string, file: string, offset: number): Promise<void> {
    const states = decodeSnapshot(diskFiles.read(at) ?? Buffer.alloc(0))
    if (states === null) throw new Error('it is damaged, or of an unknown version')
    for (const { batches, ...state } of states.slice(0, this.#options.limit)) {
      const { lastSequence = -1, lastOffset = -1, offsetDelta = 0 } = batches[batches.length - 1] ?? {}
      await this.#lines.put({ type: 'producer', file, offset, ...state, lastSequence, lastOffset, offsetDelta })
    }
  }

  async #batches(path: string, file: string, topic: string): Promise<void> {
    const log = diskFiles.file(path)
    let left = this.#options.limit
    try {
      for (const { b, at, position, size } of framesOf(log)) {
        if (left <= 0) return
        if (size === 0) {
          await this.#lines.put({ type: 'damage', file, position, bytes: log.size() - position })
          return
        }
        if (frameLastOffset(b, at) < this.#options.offset) continue
        await this.#lines.put({ type: 'batch', file, position, ...batchOf(b, at, size) })
        if (this.#options.records) left -= await this.#records(b, at, file, topic, left)
        else left--
      }
    } finally {
      log.close()
    }
  }

  async #records(b: Buffer, at: number, file: string, topic: string, most: number): Promise<number> {
    let shown = 0
    await this.#guarded({ type: 'record', file, offset: frameLastOffset(b, at) }, async () => {
      const control = magic(b, at) === 2 && isControl(b, at)
      for (const { offset, timestamp, sequence, key, value, headers } of readRecords(b, at)) {
        if (offset < this.#options.offset || shown >= most) continue
        shown++
        const headerList = headers.map(header => [header.key, header.value?.toString('utf8') ?? null])
        const told = {
          sequence: sequence < 0 ? undefined : sequence,
          headers: headers.length > 0 ? headerList : undefined,
        }
        await this.#lines.put({ type: 'record', offset, timestamp, ...told, ...showRecord(topic, control, key, value) })
      }
    })
    return Math.max(shown, 1)
  }

  /** What cannot be read is shown as that, and the rest goes on. */
  async #guarded(what: object, show: () => Promise<void>): Promise<void> {
    try {
      await show()
    } catch (error) {
      if (error instanceof OutputClosed) throw error
      await this.#lines.put({ ...what, error: (error as Error).message })
    }
  }
}

function batchOf(b: Buffer, at: number, size: number): object {
  const format = magic(b, at)
  const sizes = { lastOffset: frameLastOffset(b, at), sizeInBytes: size, magic: format }
  const maxTimestamp = frameMaxTimestamp(b, at)
  if (format < 2) return { ...sizes, maxTimestamp, sound: frameIsSound(b, at, size) }
  const horizon = hasDeleteHorizon(b, at)
  const producer = producerId(b, at)
  return {
    baseOffset: baseOffset(b, at),
    ...sizes,
    recordCount: recordCount(b, at),
    crc: crc(b, at),
    sound: frameIsSound(b, at, size),
    compression: codecs[compressionType(b, at)] ?? compressionType(b, at),
    partitionLeaderEpoch: partitionLeaderEpoch(b, at),
    timestampType: timestampType(b, at),
    baseTimestamp: horizon ? undefined : baseTimestamp(b, at),
    deleteHorizonMs: horizon ? readInt64(b, at + 27) : undefined,
    maxTimestamp,
    transactional: isTransactional(b, at),
    control: isControl(b, at),
    producerId: producer,
    producerEpoch: producer < 0 ? undefined : producerEpoch(b, at),
    baseSequence: producer < 0 ? undefined : baseSequence(b, at),
    lastSequence: producer < 0 ? undefined : lastSequence(b, at),
  }
}

interface Frame {
  readonly b: Buffer
  readonly at: number
  readonly position: number
  /** 0 where no whole batch can be; that is the last. */
  readonly size: number
}

/** The batches of a file, one after another, sound or not. */
function* framesOf(file: RandomFile): Generator<Frame> {
  const end = file.size()
  let b = Buffer.allocUnsafe(Math.min(end, pieceBytes))
  let position = 0
  while (position < end) {
    const length = file.read(b, 0, Math.min(b.length, end - position), position)
    let at = 0
    let size = 0
    while (at + frameHeaderBytes <= length) {
      size = frameSize(b, at)
      if (size === 0 || at + size > length) break
      yield { b, at, position: position + at, size }
      at += size
    }
    position += at
    if (at > 0) continue
    if (length < frameHeaderBytes || size === 0 || size > end - position) {
      yield { b, at: 0, position, size: 0 }
      return
    }
    b = Buffer.allocUnsafe(size)
  }
}
