/** Go clients, franz-go and sarama: their programs are compiled on first use, and kept until they change. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from '../transactions/puppet.ts'

const franzSource = fileURLToPath(new URL('franz/', import.meta.url))
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ottla', 'go-clients')

/** A transactional producer, see puppet.ts; or the reason why there is none. */
export function franzProducer(requestMs: string): ((bootstrap: string) => Command) | string {
  const program = compiled('franz', '.')
  return 'missing' in program ? program.missing : bootstrap => ({ command: program.path, args: [bootstrap, requestMs] })
}

/** The program that tries ways into a broker, see ways.ts; or the reason why there is none. */
export function franzWays(): Command | string {
  const program = compiled('ways', './ways')
  return 'missing' in program ? program.missing : { command: program.path, args: [] }
}

/** The program that says how far groups are behind, see lag.ts; or the reason why there is none. */
export function franzLag(): Command | string {
  const program = compiled('lag', './lag')
  return 'missing' in program ? program.missing : { command: program.path, args: [] }
}

/** A member of a group of the consumer protocol; or the reason why there is none. */
export function franzConsumer(): Command | string {
  const program = compiled('consume', './consume')
  return 'missing' in program ? program.missing : { command: program.path, args: [] }
}

/** The program that asks what kadm, the admin client, can ask; or the reason why there is none. */
export function franzAdmin(): Command | string {
  const program = compiled('admin', './admin')
  return 'missing' in program ? program.missing : { command: program.path, args: [] }
}

/** The same of sarama, another Go client. */
export function saramaAdmin(): Command | string {
  const program = compiled('sarama', '.', fileURLToPath(new URL('sarama/', import.meta.url)))
  return 'missing' in program ? program.missing : { command: program.path, args: [] }
}

/** kfake, the Kafka for tests that comes with franz-go, and franz-go against it: the program of the bench; or the reason why there is none. */
export function kfakeProgram(source: string): Command | string {
  const program = compiled('kfake', '.', source)
  return 'missing' in program ? program.missing : { command: program.path, args: [] }
}

/** A member of a group by either protocol, see ../groups/member.ts; or the reason why there is none. */
export function franzMember(): ((args: readonly string[]) => Command) | string {
  const program = compiled('member', './member')
  return 'missing' in program ? program.missing : args => ({ command: program.path, args })
}

function compiled(
  name: string,
  folder: string,
  source = franzSource,
): { readonly path: string } | { readonly missing: string } {
  const hash = createHash('sha256')
  for (const file of [`${folder}/main.go`, 'go.mod', 'go.sum']) hash.update(readFileSync(join(source, file)))
  const path = join(cache, `${name}-${hash.digest('hex').slice(0, 12)}`)
  if (existsSync(path)) return { path }
  mkdirSync(cache, { recursive: true })
  const built = spawnSync('go', ['build', '-o', path, folder], { cwd: source, encoding: 'utf8' })
  if (built.error) return { missing: 'there is no go here' }
  // Mostly it could not be fetched, or this Go is too old for it.
  if (built.status !== 0) return { missing: `${name} was not built: ${built.stderr.trim().split('\n').at(-1)}` }
  return { path }
}
