/** The built command in processes of its own, for tests. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
execFileSync(process.execPath, [join(root, 'scripts', 'run.mjs'), 'build'], { stdio: 'ignore' })
export const command = join(root, 'dist', 'ottla.cjs')

export interface Result {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line that ends by itself. */
export function ottla(...args: readonly string[]): Result {
  return ottlaIn(root, ...args)
}

/** The same in a directory. */
export function ottlaIn(cwd: string, ...args: readonly string[]): Result {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], {
    cwd,
    encoding: 'utf8',
    // It only ends what hangs.
    timeout: 100_000,
  })
  return { code: status, stdout, stderr }
}

export interface Test {
  teardown(run: () => void): void
}

export interface Running {
  readonly process: ChildProcess
  readonly host: string
  readonly port: number
  readonly line: string
  /** All that it has written to standard output. */
  output(): string
  /** Resolves once it has written this to standard output, with what fits. */
  printed(words: RegExp): Promise<RegExpExecArray>
  /** Sends a signal and answers the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

/** Starts a broker and waits for the line that says that it is ready. */
export function serving(t: Test, ...args: readonly string[]): Promise<Running> {
  return started(t, process.execPath, [command, 'start', '--port', '0', '--dev', ...args])
}

export async function started(t: Test, program: string, args: readonly string[], cwd = root): Promise<Running> {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  // Then all that it wrote has been read.
  const ended = once(child, 'close')
  let output = ''
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', chunk => {
      output += chunk
      if (output.includes('\n')) resolve(output.slice(0, output.indexOf('\n') + 1))
    })
    child.once('close', () => reject(new Error(`no line that says that it is ready, but ${JSON.stringify(output)}`)))
  })
  const match =
    /^ottla ready: ([^,]+):(\d+)(?:,\S+)?, nodes? ([\d,]+), data (.+), (\d+) ms since process start\n$/.exec(line)
  if (match === null) throw new Error(`no line that says that it is ready, but ${JSON.stringify(output)}`)
  return {
    process: child,
    host: match[1]!,
    port: Number(match[2]),
    line,
    output: () => output,
    printed: async words => {
      for (;;) {
        const found = words.exec(output)
        if (found !== null) return found
        await once(child.stdout, 'data')
      }
    },
    end: async signal => {
      child.kill(signal)
      const [code] = await ended
      return code as number | null
    },
  }
}
