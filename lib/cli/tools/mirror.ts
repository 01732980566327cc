/** `ottla mirror`: copies topics of one cluster to another, and says how far it is. */
import type { Admin } from '../../admin/admin.ts'
import { Mirror } from '../../admin/mirror/mirror.ts'
import { keyOf, readPositions } from '../../admin/mirror/positions.ts'
import { topicsMeant } from '../../admin/mirror/topics.ts'
import { listEnds } from '../../admin/offsets.ts'
import { systemClock } from '../../base/clock.ts'
import type { Io } from '../io.ts'
import { propertiesOf } from './client-properties.ts'
import { Interrupts } from './interrupts.ts'
import { type AskedToMirror, askedToMirror, type MirrorOption, mirrorTool } from './mirror-options.ts'
import { adminBy, type Given, parseTool, ToolUsageError, toolHelp } from './tool.ts'

/** Carries out a command line; gives the exit code. */
export async function mirror(argv: readonly string[], io: Io): Promise<number> {
  try {
    const given = parseTool(mirrorTool, argv)
    if (given.has('help')) {
      io.stdout.write(toolHelp(mirrorTool))
      return 0
    }
    return await run(given, askedToMirror(given), io)
  } catch (error) {
    if (!(error instanceof Error) || ['TypeError', 'ReferenceError', 'AssertionError'].includes(error.name)) throw error
    io.stderr.write(
      `${error.message}\n${error instanceof ToolUsageError && error.showHelp ? toolHelp(mirrorTool) : ''}`,
    )
    return 1
  }
}

async function run(given: Given<MirrorOption>, asked: AskedToMirror, io: Io): Promise<number> {
  const source = await adminBy(asked.from, await propertiesOf(given.one('from-config'), []))
  const target = await adminBy(asked.to, await propertiesOf(given.one('to-config'), []))
  try {
    if (given.has('lag')) return await tellLag(source, target, asked, given.has('json'), io)
    return await copy(source, target, asked, given, io)
  } finally {
    await source.close()
    await target.close()
  }
}

async function copy(
  source: Admin,
  target: Admin,
  asked: AskedToMirror,
  given: Given<MirrorOption>,
  io: Io,
): Promise<number> {
  const say = (sentence: string) => io.stderr.write(`${sentence}\n`)
  const { name, isTopicMeant, isGroupMeant, targetOf, noteMs, refreshMs } = asked
  const mirroring = new Mirror({
    ...{ name, source, target, isTopicMeant, isGroupMeant, targetOf, noteMs, refreshMs },
    ...{ clock: systemClock, warn: say },
  })
  const interrupts = new Interrupts(io, () => mirroring.stop())
  const tellJson = (facts: object) => io.stdout.write(`${JSON.stringify(facts)}\n`)
  const tell = given.has('json')
    ? (facts: Facts, isDone: boolean) => tellJson({ ...facts, isDone })
    : (facts: Facts) => say(lineOf(facts))
  const progress = new Telling(mirroring, asked.progressMs, tell)
  try {
    await mirroring.run({ once: given.has('once') })
    tell(progress.facts, true)
    return interrupts.code ?? 0
  } finally {
    progress.end()
    interrupts.forget()
  }
}

/** How far a mirror is. */
interface Facts {
  readonly copied: number
  readonly lag: number
  readonly partitions: number
  readonly topics: number
}

function lineOf({ copied, lag, partitions, topics }: Facts): string {
  return `${copied} records copied, ${lag} to be copied, ${partitions} partitions of ${topics} topics`
}

/** Tells how far a mirror is, again and again. */
class Telling {
  readonly #mirroring: Mirror
  readonly #everyMs: number
  readonly #tell: (facts: Facts, isDone: boolean) => void
  #timer: { cancel(): void } | null = null
  #copied = 0

  constructor(mirroring: Mirror, everyMs: number, tell: (facts: Facts, isDone: boolean) => void) {
    this.#mirroring = mirroring
    this.#everyMs = everyMs
    this.#tell = tell
    this.#wait()
  }

  get facts(): Facts {
    const { copied, progress } = this.#mirroring
    const lag = progress.reduce((sum, { position, end }) => sum + Math.max(0, end - position), 0)
    const topics = new Set(progress.map(({ topic }) => topic)).size
    return { copied, lag, partitions: progress.length, topics }
  }

  end(): void {
    this.#timer?.cancel()
  }

  #wait(): void {
    if (this.#everyMs <= 0) return
    this.#timer = systemClock.schedule(this.#everyMs, () => {
      // Who has nothing to do is silent.
      if (this.#mirroring.copied !== this.#copied) this.#tell(this.facts, false)
      this.#copied = this.#mirroring.copied
      this.#wait()
    })
  }
}

interface LagRow {
  readonly topic: string
  readonly partition: number
  /** The next offset of the original; null where nothing was copied yet. */
  readonly position: number | null
  readonly end: number
  readonly lag: number
}

async function tellLag(source: Admin, target: Admin, asked: AskedToMirror, isJson: boolean, io: Io): Promise<number> {
  const positions = await readPositions(target, asked.name)
  const topics = await topicsMeant(source, asked.isTopicMeant, asked.targetOf)
  const partitions = topics.flatMap(({ source: topic, partitions: count }) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })),
  )
  const ends = await listEnds(source, partitions, { committedOnly: true })
  const rows = partitions.map(({ topic, partition }, index): LagRow => {
    const position = positions.get(keyOf(topic, partition))?.source ?? null
    const { start, end } = ends[index]!.value
    return { topic, partition, position, end, lag: Math.max(0, end - Math.max(start, position ?? 0)) }
  })
  if (isJson) io.stdout.write(`${JSON.stringify(rows)}\n`)
  else io.stdout.write(table([['TOPIC', 'PARTITION', 'POSITION', 'END', 'LAG'], ...rows.map(cellsOf)]))
  return 0
}

function cellsOf({ topic, partition, position, end, lag }: LagRow): string[] {
  return [topic, String(partition), position === null ? '-' : String(position), String(end), String(lag)]
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(cells => cells[column]!.length)))
  return rows
    .map(
      cells =>
        `${cells
          .map((cell, at) => cell.padEnd(widths[at]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}
