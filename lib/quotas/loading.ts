/** What holds clients to quotas, loaded with the first of them: most brokers never have any. */
import { offLoop } from '../base/off-loop.ts'
import type { ClientQuotas } from './client-quotas.ts'

let loaded: typeof ClientQuotas | null = null

/** Loads it; who sets quotas does so before, so that they hold when it is answered. */
export async function loadClientQuotas(): Promise<typeof ClientQuotas> {
  loaded ??= (await offLoop(import('./client-quotas.ts'))).ClientQuotas
  return loaded
}

/** What was loaded, null where nobody asked for it yet. */
export function loadedClientQuotas(): typeof ClientQuotas | null {
  return loaded
}
