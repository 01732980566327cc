/** The built command in processes of its own. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))
export const command = join(root, 'dist', 'ottla.cjs')

/** Builds the command, where it is not up to date. */
export function build(): void {
  execFileSync(process.execPath, [join(root, 'scripts', 'run.mjs'), 'build'], { stdio: 'ignore' })
}

export interface Result {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The variables that a process cannot do without, and none that say anything to a broker. */
export function environment(variables: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...variables }
}

/** Runs a command line that ends by itself. */
export function run(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Result {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], {
    encoding: 'utf8',
    // It only ends what hangs.
    timeout: 100_000,
    env: environment(variables),
  })
  return { code: status, stdout, stderr }
}

export interface Running {
  /** What it has said up to the words that were waited for. */
  readonly output: string
  /** Sends a signal; the exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

/** Starts a command line, and waits until its standard output has the words. */
export async function running(
  t: Test,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
  until: string,
): Promise<Running> {
  const child: ChildProcess = spawn(process.execPath, [command, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(variables),
  })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  let errors = ''
  child.stderr?.on('data', chunk => {
    errors += chunk
  })
  let output = ''
  for await (const chunk of child.stdout!) {
    output += chunk
    if (output.includes(until)) break
  }
  if (!output.includes(until)) throw new Error(`it ended after ${JSON.stringify(output)}: ${errors}`)
  return {
    output,
    end: async (signal = 'SIGTERM') => {
      child.kill(signal)
      const [code] = await ended
      return code as number | null
    },
  }
}
