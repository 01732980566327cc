/** Starts the floor (see floor.ts) in a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Target } from './replay/run.ts'

export interface Floor {
  readonly target: Target
  stop(): Promise<void>
}

/** With a PEM file of a certificate and its key it speaks TLS. */
export async function startFloor(pemFile?: string): Promise<Floor> {
  const file = fileURLToPath(new URL('./floor.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import=tsx', file, '0', ...(pemFile === undefined ? [] : [pemFile])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const port = Number(/:(\d+),/.exec(line.toString())![1])
  const stop = async () => {
    child.kill('SIGTERM')
    await exited
  }
  return { target: { name: 'floor', host: '127.0.0.1', port, pid: child.pid! }, stop }
}
