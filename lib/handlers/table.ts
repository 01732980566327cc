/** The lists of handlers as the server takes them: by API key. */
import type { HandlerRow, HandlerTable } from '../server/handlers.ts'
import type { Context } from './context.ts'
import { handlers } from './index.ts'
import { unserved } from './unserved.ts'

export const handlerTable: HandlerTable<Context> = new Map(
  [...handlers, ...unserved].map(handler => [handler.api.key, handler as HandlerRow<Context>]),
)
