/**
 * Those who are not let in, as a process of their own: so many connections that never finish their handshake, and so many logins a second with
 * a wrong password, each by a new connection.
 *
 *     npx tsx test/bench/strangers.ts TLS_PORT HALF_OPEN SASL_PORT MECHANISM LOGINS_A_SECOND
 *
 * Says `ready` when all connections are open, and ends with its input.
 */
import { once } from 'node:events'
import net from 'node:net'
import { Secret } from '../../lib/base/secret.ts'
import { Client } from '../../lib/client/client.ts'

const [tlsPort, halfOpen, saslPort, mechanism, loginsPerSecond] = process.argv.slice(2)
/** The first bytes of a handshake: a record of 512 bytes, of which no more comes. */
const beginning = Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252])
const host = '127.0.0.1'

let refused = 0
let other = 0

function keepOpen(): Promise<unknown> {
  const socket = net.connect(Number(tlsPort), host)
  socket.on('error', () => {})
  // One that is given up for another is opened again.
  socket.on('close', () => setTimeout(() => void keepOpen().catch(() => {}), 100))
  return once(socket, 'connect').then(() => socket.write(beginning))
}

async function logIn(): Promise<void> {
  const login = { mechanism: mechanism as 'PLAIN', user: 'alice', password: new Secret('wrong') }
  try {
    const client = await Client.connect({ host, port: Number(saslPort), login })
    await client.close()
    other++
  } catch (error) {
    if ((error as Error).name === 'LoginError') refused++
    else other++
  }
}

for (let i = 0; i < Number(halfOpen); i++) await keepOpen()
if (Number(loginsPerSecond) > 0) setInterval(() => void logIn(), 1_000 / Number(loginsPerSecond))
process.stdout.write('ready\n')
process.stdin.resume()
process.stdin.on('end', () => {
  process.stdout.write(`${refused} refused, ${other} otherwise\n`)
  process.exit(0)
})
