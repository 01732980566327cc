/** Figures of the process: its event loop, memory and version. */
import { type Family, one, type Pause, type Series, type Times } from './family.ts'

export interface ProcessFigures {
  readonly version: string
  readonly eventLoopDelays: Times
  memory(): Readonly<Record<string, number>>
  cpuSeconds(): number
  uptimeSeconds(): number
}

export function* processFamilies(figures: ProcessFigures): Iterable<Family | Pause> {
  yield {
    name: 'ottla_event_loop_delay_seconds',
    type: 'histogram',
    help: 'How late a timer fires that is set ten times a second: as long as that, a request that came then waited for its turn.',
    series: one(figures.eventLoopDelays),
  }
  yield {
    name: 'ottla_memory_bytes',
    type: 'gauge',
    help: 'Memory of the process by kind; rss is all of it.',
    series: memory(figures.memory()),
  }
  yield {
    name: 'ottla_build_info',
    type: 'gauge',
    help: 'Which version this is; always 1.',
    series: one(1, { version: figures.version, node: process.version }),
  }
  yield {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'Time of processors that the process has used.',
    series: one(figures.cpuSeconds()),
  }
  yield {
    name: 'ottla_uptime_seconds',
    type: 'gauge',
    help: 'How long the process runs.',
    series: one(figures.uptimeSeconds()),
  }
}

function* memory(kinds: Readonly<Record<string, number>>): Iterable<Series> {
  for (const [kind, bytes] of Object.entries(kinds)) yield [{ kind }, bytes]
}
