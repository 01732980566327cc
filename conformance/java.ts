/** Java programs of this folder: compiled on first use against jars, and kept until they change. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where jars and classes are kept. */
export const javaCache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ottla')

/** The class path of a program whose sources, the main class first, need the jars in `home`; or the reason why there is none. */
export function compiledJava(
  name: string,
  sources: readonly string[],
  home: string,
  version: string,
): { readonly classPath: string } | string {
  const hash = createHash('sha256')
  for (const source of sources) hash.update(readFileSync(source))
  const classes = join(javaCache, 'java-clients', `${name}-${version}-${hash.digest('hex').slice(0, 12)}`)
  const jars = join(home, 'jars', '*')
  if (!existsSync(join(classes, 'compiled'))) {
    mkdirSync(classes, { recursive: true })
    const compiled = spawnSync('javac', ['-nowarn', '-cp', jars, '-d', classes, ...sources], { encoding: 'utf8' })
    if (compiled.error) return `there is no javac here: ${compiled.error.message}`
    if (compiled.status !== 0) throw new Error(`${name}.java does not compile: ${compiled.stderr}`)
    writeFileSync(join(classes, 'compiled'), '')
  }
  return { classPath: `${classes}:${jars}` }
}
