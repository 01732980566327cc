/** franz-go, the Go client: its program is compiled on first use, and kept until it changes. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from '../transactions/puppet.ts'

const source = fileURLToPath(new URL('franz/', import.meta.url))
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ottla', 'go-clients')

/** A transactional producer, see puppet.ts; or the reason why there is none. */
export function franzProducer(requestMs: string): ((bootstrap: string) => Command) | string {
  const hash = createHash('sha256')
  for (const file of ['main.go', 'go.mod']) hash.update(readFileSync(join(source, file)))
  const program = join(cache, `franz-${hash.digest('hex').slice(0, 12)}`)
  if (!existsSync(program)) {
    mkdirSync(cache, { recursive: true })
    const built = spawnSync('go', ['build', '-o', program, '.'], { cwd: source, encoding: 'utf8' })
    if (built.error) return 'there is no go here'
    // Mostly it could not be fetched, or this Go is too old for it.
    if (built.status !== 0) return `franz-go was not built: ${built.stderr.trim().split('\n').at(-1)}`
  }
  return bootstrap => ({ command: program, args: [bootstrap, requestMs] })
}
