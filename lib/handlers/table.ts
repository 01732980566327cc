/** The lists of handlers as the server takes them: by API key. */
import { InitProducerId } from '../../protocol/messages/init-producer-id.ts'
import type { HandlerRow, HandlerTable } from '../server/handler-row.ts'
import type { AdvertisedApi, Context } from './context.ts'
import { handlers } from './index.ts'
import { unserved } from './unserved.ts'

export const handlerTable: HandlerTable<Context> = new Map(
  [...handlers, ...unserved].map(handler => [handler.api.key, handler as HandlerRow<Context>]),
)

/** APIs whose versions that are not stable yet are served, to who asks for them by `unstable.api.versions.enable`. */
const unstable: ReadonlySet<number> = new Set([InitProducerId.key])

/** The same handlers, of these APIs at all their versions. */
export function withUnstable(table: HandlerTable<Context>): HandlerTable<Context> {
  return new Map(
    [...table].map(([key, row]) => [key, unstable.has(key) ? { ...row, versions: row.api.versions } : row]),
  )
}

/** What ApiVersions tells clients of then. */
export function unstableApis(): readonly AdvertisedApi[] {
  return handlers.map(({ api }) => ({
    key: api.key,
    min: api.versions[0],
    max: unstable.has(api.key) ? api.versions[1] : api.latestStable,
  }))
}

/** What ApiVersions tells clients of. */
export const advertisedApis: readonly AdvertisedApi[] = handlers.map(({ api }) => ({
  key: api.key,
  min: api.versions[0],
  max: api.latestStable,
}))
