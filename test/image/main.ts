/**
 * The container image in a real engine: `npm run image -- [--full]`.
 *
 * Ends with 77, and says why, where there is no engine or no image to build on.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runScenarios, type Scenario } from '../../conformance/scenario.ts'
import { composeScenarios } from './compose.ts'
import { Engine } from './engine.ts'
import { healthScenarios } from './health.ts'
import { measure } from './measure.ts'
import { moduleScenarios } from './modules.ts'
import { pageScenarios } from './pages.ts'
import { processScenarios } from './processes.ts'
import { reachScenarios } from './reach.ts'
import { starterScenarios } from './starters.ts'
import { storeScenarios } from './store.ts'
import { testingScenarios } from './testing.ts'

const help = `npm run image -- [options]

  --full            everything: other clients, other users, scripts of starters, compose files, health, the test-kit, Testcontainers
  --measure         instead: how soon it serves, and what it takes
  --only WORD       the checks whose name holds the word
  --image NAME      an image that is there already; without, it is built as ottla:check
  --base IMAGE      what it stands on (docker.io/library/node:24-slim)
  --build-base IMAGE  where it is built, with npm; the base where it is not given
`

const { values } = parseArgs({
  options: {
    full: { type: 'boolean' },
    measure: { type: 'boolean' },
    only: { type: 'string' },
    image: { type: 'string' },
    base: { type: 'string' },
    'build-base': { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})

const baseDefault = 'docker.io/library/node:24-slim'

/** What all checks are given. */
export interface Subject {
  readonly engine: Engine
  /** The image under test, and what it stands on. */
  readonly image: string
  readonly base: string
}

function skip(why: string): number {
  console.log(`skipped: ${why}`)
  return 77
}

async function main(): Promise<number> {
  const engine = Engine.find()
  if (engine === null)
    return skip('there is no container engine here: install docker or podman, and see that it answers')
  const base = values.base ?? baseDefault
  if (values.image === undefined && !(await engine.hasImage(base))) {
    const pulled = spawnSync(engine.program, ['pull', '--quiet', base], { timeout: 60_000, stdio: 'ignore' })
    if (pulled.status !== 0) return skip(`${base} is not here and cannot be fetched: name another one with --base`)
  }
  const image = values.image ?? 'ottla:check'
  if (values.image === undefined) {
    const begin = performance.now()
    const script = fileURLToPath(new URL('../../scripts/image.mjs', import.meta.url))
    const building = ['--tag', image, '--base', base, ...buildBase(values['build-base'])]
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...building], { encoding: 'utf8' })
    if (status !== 0) {
      console.log(stdout.split('\n').slice(-20).join('\n'), stderr.split('\n').slice(-20).join('\n'))
      return status ?? 1
    }
    console.log(`built in ${((performance.now() - begin) / 1000).toFixed(1)} s\n`)
  }
  const subject: Subject = { engine, image, base }
  const full = values.full === true
  try {
    if (values.measure) {
      await measure(subject)
      return 0
    }
    const scenarios: readonly Scenario[] = [
      ...reachScenarios(subject, full),
      ...(full
        ? [
            ...processScenarios(subject),
            ...storeScenarios(subject),
            ...starterScenarios(subject),
            ...composeScenarios(subject),
            ...healthScenarios(subject),
            ...pageScenarios(subject),
            ...testingScenarios(subject),
            ...moduleScenarios(subject),
          ]
        : []),
    ].filter(({ name }) => values.only === undefined || name.includes(values.only))
    return (await runScenarios(`${image} in ${engine.program}`, scenarios)) === 0 ? 0 : 1
  } finally {
    await engine.clean()
  }
}

function buildBase(name: string | undefined): string[] {
  return name === undefined ? [] : ['--build-base', name]
}

if (values.help) console.log(help)
else process.exitCode = await main()
