/** The version of this package, out of the package.json that it was installed with. */
import { createRequire } from 'node:module'

export function version(): string {
  const { version } = createRequire(import.meta.url)('ottla/package.json') as { version: string }
  return version
}
