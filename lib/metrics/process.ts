/** Figures of the process: its event loop, memory and version. */
import { counter, type Family, gauge, histogram, one, type Pause, type Series, type Times } from './family.ts'

export interface ProcessFigures {
  readonly version: string
  readonly eventLoopDelays: Times
  memory(): Readonly<Record<string, number>>
  cpuSeconds(): number
  uptimeSeconds(): number
}

export function* processFamilies(figures: ProcessFigures): Iterable<Family | Pause> {
  yield histogram(
    'ottla_event_loop_delay_seconds',
    'How late a timer fires that is set ten times a second: as long as that, a request that came then waited for its turn.',
    one(figures.eventLoopDelays),
  )
  yield gauge('ottla_memory_bytes', 'Memory of the process by kind; rss is all of it.', memory(figures.memory()))
  yield gauge(
    'ottla_build_info',
    'Which version this is; always 1.',
    one(1, { version: figures.version, node: process.version }),
  )
  yield counter('process_cpu_seconds_total', 'Time of processors that the process has used.', one(figures.cpuSeconds()))
  yield gauge('ottla_uptime_seconds', 'How long the process runs.', one(figures.uptimeSeconds()))
}

function* memory(kinds: Readonly<Record<string, number>>): Iterable<Series> {
  for (const [kind, bytes] of Object.entries(kinds)) yield [{ kind }, bytes]
}
