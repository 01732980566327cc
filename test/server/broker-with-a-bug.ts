/** A broker in a process of its own whose handler has a bug, and a client that finds it. */
import { systemClock } from '../../lib/base/clock.ts'
import { silentLogger } from '../../lib/base/logger.ts'
import { Client } from '../../lib/client/client.ts'
import { refuseHeartbeat } from '../../lib/handlers/heartbeat.ts'
import { tcpNetwork } from '../../lib/network/tcp.ts'
import { Server } from '../../lib/server/server.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import type { Api } from '../../protocol/schema.ts'

const row = {
  api: Heartbeat as unknown as Api,
  handle: () => {
    throw new TypeError('a bug')
  },
  refuse: refuseHeartbeat,
}
const server = new Server({
  listeners: [{ name: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: '127.0.0.1', port: 0 }],
  handlers: new Map([[row.api.key, row]]),
  makeContext: () => ({}),
  network: tcpNetwork(),
  clock: systemClock,
  logger: silentLogger,
})
const [listener] = await server.start()
const client = await Client.connect({ host: '127.0.0.1', port: listener!.port })
await client.send(Heartbeat, 4, { groupId: 'g', generationId: 0, memberId: 'm' }).catch(() => {})
