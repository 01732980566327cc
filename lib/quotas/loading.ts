/** What holds clients to quotas, loaded with the first of them: most brokers never have any. */
import type { ClientQuotas } from './client-quotas.ts'

let loaded: typeof ClientQuotas | null = null

/** Loads it; who sets quotas does so before, so that they hold when it is answered. */
export async function loadClientQuotas(): Promise<typeof ClientQuotas> {
  loaded ??= (await import('./client-quotas.ts')).ClientQuotas
  return loaded
}

/** What was loaded, null where nobody asked for it yet. */
export function loadedClientQuotas(): typeof ClientQuotas | null {
  return loaded
}
