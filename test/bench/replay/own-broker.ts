/** Starts the broker of this checkout, or of another build of it, in a process of its own on a fresh directory. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Target } from './run.ts'

const entryDefault = fileURLToPath(new URL('../../../dist/ottla.cjs', import.meta.url))

export interface OwnBroker {
  readonly target: Target
  stop(): Promise<void>
}

/** Resolves when it is ready. `nodeArguments` go before the entry, e.g. --cpu-prof. */
export async function startOwnBroker(
  name = 'ottla',
  entry = entryDefault,
  nodeArguments: readonly string[] = [],
): Promise<OwnBroker> {
  const data = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
  const child = spawn(process.execPath, [...nodeArguments, entry, 'start', '--port', '0', '--data', data], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const port = await portOf(child)
  const exited = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const stop = async () => {
    child.kill('SIGTERM')
    await exited
    rmSync(data, { recursive: true, force: true })
  }
  return { target: { name, host: '127.0.0.1', port, pid: child.pid! }, stop }
}

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout!.on('data', (bytes: Buffer) => {
      text += bytes.toString()
      const match = /ready: \S+:(\d+),/.exec(text)
      if (match) resolve(Number(match[1]))
    })
    child.once('exit', code => reject(new Error(`the broker ended with ${code} before it was ready`)))
  })
}
