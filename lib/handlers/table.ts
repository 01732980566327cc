/** The lists of handlers as the server takes them: by API key. */
import type { HandlerRow, HandlerTable } from '../server/handler-row.ts'
import type { AdvertisedApi, Context } from './context.ts'
import { handlers } from './index.ts'
import { unserved } from './unserved.ts'

export const handlerTable: HandlerTable<Context> = new Map(
  [...handlers, ...unserved].map(handler => [handler.api.key, handler as HandlerRow<Context>]),
)

/** What ApiVersions tells clients of. */
export const advertisedApis: readonly AdvertisedApi[] = handlers.map(({ api }) => ({
  key: api.key,
  min: api.versions[0],
  max: api.latestStable,
}))
