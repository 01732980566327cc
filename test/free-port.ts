/** Ports for programs that cannot be told to take any that is free, and then say which. */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below the ports that systems give to who asks for any and to outgoing connections (from 32768 on, mostly): nobody else is given one of these
 * between now and when the program listens, nor while it is started anew.
 */
const [first, last] = [10_000, 32_000]
const given = new Set<number>()

/** A port of an address of this machine that nobody listens on; another one each time. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = randomInt(first, last)
    if (given.has(port)) continue
    given.add(port)
    if (await isFree(port, host)) return port
  }
}

/** So many of them. */
export function freePorts(count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, () => freePort()))
}

/** Whether nobody listens there now. */
export async function isFree(port: number, host: string): Promise<boolean> {
  const server = createServer().listen(port, host)
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
