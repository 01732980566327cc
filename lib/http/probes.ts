/** `/live` and `/ready`, as Kubernetes and others ask for them. */
import type { HttpAnswer, HttpRoutes } from './routes.ts'

/** Where a broker stands between its start and its end. */
export type BrokerStage = 'starting' | 'ready' | 'stopping' | 'failed'

/** `/live` is answered as long as the event loop turns; `/ready` is 200 while clients can connect, and 503 before and after. */
export function probeRoutes(stage: () => BrokerStage): HttpRoutes {
  const ready = (): HttpAnswer => ({ status: stage() === 'ready' ? 200 : 503, body: { status: stage() } })
  return {
    '/live': { GET: () => ({ status: 200, body: { status: 'live' } }) },
    '/ready': { GET: ready },
  }
}
