/** What tests put around requests of clients is not put around those of brokers among each other. */
import type { CallInfo, Interceptor } from '../server/interceptor.ts'

/** As brokers call themselves when they ask each other (`lib/replication/peers.ts`). */
const ofPeer = /^broker-\d+$/

/** The same without the requests of brokers. */
export function exceptPeers(interceptor: Interceptor): Interceptor {
  const isPeer = ({ clientId }: CallInfo) => clientId !== null && ofPeer.test(clientId)
  return {
    before: call => (isPeer(call) ? undefined : interceptor.before?.(call)),
    handled: (call, elapsedMs) => {
      if (!isPeer(call)) interceptor.handled?.(call, elapsedMs)
    },
    asked: (call, question) => (isPeer(call) ? undefined : interceptor.asked?.(call, question)),
    after: (call, response, endMs) => (isPeer(call) ? undefined : interceptor.after?.(call, response, endMs)),
    encoded: (call, chunks) => (isPeer(call) ? chunks : (interceptor.encoded?.(call, chunks) ?? chunks)),
    closed: connection => interceptor.closed?.(connection),
  }
}
