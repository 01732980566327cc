/** A broker of our own as a process, for those who name no other to talk to. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const command = fileURLToPath(new URL('../dist/ottla.cjs', import.meta.url))

/** How long a broker may take to say that it is ready, also with a log to recover. */
const readyMsMax = 60_000

export interface OwnBroker {
  /** host:port, as clients take it. */
  readonly bootstrap: string
  readonly process: ChildProcess
  readonly pid: number
  /** The line with which it said that it is ready. */
  readonly readyLine: string
  /** What it said on standard error so far. */
  errorOutput(): string
  /** Ends it with SIGTERM and gives its exit code. */
  stop(): Promise<number | null>
  /** Ends it on the spot, as a crash would. */
  kill(): Promise<void>
}

/** Addresses of a broker's listeners by their names, out of the file that `--ready-file` names. */
export function listenerAddresses(readyFile: string): ReadonlyMap<string, string> {
  const { listeners } = JSON.parse(readFileSync(readyFile, 'utf8')) as {
    readonly listeners: readonly { readonly name: string; readonly address: string }[]
  }
  return new Map(listeners.map(({ name, address }) => [name, address]))
}

/** Starts `ottla start ARGS`, or another program of a broker, by Node or another executable, and waits until it is ready. */
export async function startOwnBroker(
  args: readonly string[] = ['--dev', '--ephemeral', '--port', '0'],
  program: readonly string[] = [command, 'start'],
  executable = process.execPath,
): Promise<OwnBroker> {
  const child = spawn(executable, [...program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  let isAsked = false
  const ended = once(child, 'exit').then(([code, signal]) => {
    // Whoever reads of refused connections is to know why.
    if (!isAsked) console.error(`a broker has ended by itself, with ${signal ?? `code ${code}`}: ${tailOf(errors)}`)
    return code as number | null
  })
  const ready = new Promise<string>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`the broker was not ready within ${readyMsMax} ms: ${errors}`)),
      readyMsMax,
    )
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk
      const line = /^ottla ready: (\S+), .*$/m.exec(output)
      if (line === null) return
      clearTimeout(timer)
      resolve(line[0])
    })
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk
    })
    ended.then(code => {
      clearTimeout(timer)
      reject(new Error(`the broker ended with code ${code} before it was ready: ${errors}`))
    })
  })
  const readyLine = await ready.catch(error => {
    child.kill('SIGKILL')
    throw error
  })
  return {
    bootstrap: /^ottla ready: (\S+),/.exec(readyLine)![1]!,
    process: child,
    pid: child.pid!,
    readyLine,
    errorOutput: () => errors,
    stop: async () => {
      isAsked = true
      child.kill('SIGTERM')
      return ended
    },
    kill: async () => {
      isAsked = true
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** The last lines of a broker's standard error. */
function tailOf(errors: string): string {
  return errors.split('\n').slice(-30).join('\n')
}
