/** The list of handlers as the server takes it: by API key. */
import type { HandlerRow, HandlerTable } from '../server/handlers.ts'
import type { Context } from './context.ts'
import { handlers } from './index.ts'

export const handlerTable: HandlerTable<Context> = new Map(
  handlers.map(handler => [handler.api.key, handler as HandlerRow<Context>]),
)
