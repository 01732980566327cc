/** What a client must be able to do to be put through its paces: the interface, and the processes behind it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type CodecName = (typeof codecs)[number]

/** One client program. Values are the numbers from `first` on; keys are the same. */
export interface ClientUnderTest {
  readonly name: string
  readonly codecs: readonly CodecName[]
  /** Why it cannot be run here, or null. */
  readonly missing: string | null
  produce(bootstrap: string, topic: string, codec: CodecName, first: number, count: number): Promise<void>
  /** Starts a member of a group. */
  consume(bootstrap: string, topic: string, group: string): Member
}

/** A member of a group, in a process of its own. */
export class Member {
  readonly #process: ChildProcess
  readonly seen: number[] = []
  /** Partitions of the last assignment that it reported. */
  assigned = 0
  errors = ''
  ended = false

  /** `assignedIn` counts the partitions in a line that reports an assignment, and answers null for other lines. */
  constructor(command: string, args: readonly string[], assignedIn: (line: string) => number | null) {
    this.#process = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    onLines(this.#process.stdout!, line => this.seen.push(Number(line)))
    onLines(this.#process.stderr!, line => {
      const count = assignedIn(line)
      if (count === null) this.errors += `${line}\n`
      else this.assigned = count
    })
    this.#process.on('exit', () => {
      this.ended = true
    })
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }
}

function onLines(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest = ''
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    for (const line of lines) if (line !== '') take(line)
  })
}

/** Runs a command to its end; its input, if any, is given to it. Throws with what it said on standard error. */
export async function output(command: string, args: readonly string[], input?: string): Promise<string> {
  const running = run(command, [...args], { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 })
  running.child.stdin?.end(input ?? '')
  try {
    return (await running).stdout
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string }
    throw new Error(
      `${command} ${args.slice(0, 3).join(' ')} …: ${stderr?.trim().split('\n').slice(-3).join(' | ') || message}`,
    )
  }
}
