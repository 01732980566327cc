/** What people install: sizes, and how long the executable takes from its start to the first acknowledged record. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { startOwnBroker } from '../../../conformance/own-broker.ts'
import { Figures, type Section } from '../measures.ts'
import { usageOf, waitedMsOf } from '../replay/process-usage.ts'
import { produceFirst } from './start.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
/** What is measured is a broker that nobody has used for so long. */
const idleMs = 1_000
const size = { unit: 'MB', digits: 1, better: 'lower' } as const

function megabytesIn(directory: string): number {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  return files.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0) / 1e6
}

/** Makes package and executable as a release does, and looks at them. */
export async function installed(rounds: number): Promise<Section> {
  const scratch = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
  try {
    const figures = new Figures()
    const make = ['scripts/release.mjs', '--out', scratch, '--untried', '--only', 'package', '--only', 'executable']
    execFileSync(process.execPath, make, { cwd: root, stdio: ['ignore', 2, 2] })
    const files = readdirSync(scratch)
    const packed = join(scratch, files.find(name => name.endsWith('.tgz'))!)
    const executable = join(scratch, files.find(name => name.startsWith('ottla-') && !name.endsWith('.tgz'))!)
    const project = join(scratch, 'project')
    mkdirSync(project)
    writeFileSync(join(project, 'package.json'), '{ "private": true }')
    execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', packed], { cwd: project })
    figures.add(0, { ...size, name: 'package, packed' }, statSync(packed).size / 1e6)
    const modules = join(project, 'node_modules')
    figures.add(0, { ...size, name: 'package, installed without what it needs' }, megabytesIn(join(modules, 'ottla')))
    figures.add(0, { ...size, name: 'package, installed with the packages that it needs' }, megabytesIn(modules))
    figures.add(0, { ...size, name: 'executable' }, statSync(executable).size / 1e6)
    figures.add(0, { ...size, name: 'executable, packed by gzip' }, gzipSync(readFileSync(executable)).length / 1e6)
    const commands = [
      ['executable', executable],
      ['installed command', join(modules, '.bin', 'ottla')],
    ]
    for (let round = 0; round <= rounds; round++) {
      for (const [name, command] of commands) {
        const data = mkdtempSync(join(scratch, 'data-'))
        const begunMs = performance.now()
        const broker = await startOwnBroker(['--port', '0', '--data', data], ['start'], command)
        await produceFirst(broker.bootstrap)
        const elapsedMs = performance.now() - begunMs
        const waitedMs = waitedMsOf(broker.pid)
        await new Promise(resolve => setTimeout(resolve, idleMs))
        const { residentBytes } = usageOf(broker.pid)
        await broker.stop()
        rmSync(data, { recursive: true })
        console.log(`round ${round}, ${name}: ${elapsedMs.toFixed(0)} ms, ${(residentBytes / 2 ** 20).toFixed(0)} MB`)
        if (round === 0) continue
        const measure = { digits: 0, better: 'lower' } as const
        const start = `${name}: start to the first acknowledged record`
        figures.add(0, { ...measure, name: start, unit: 'ms' }, elapsedMs)
        figures.add(
          0,
          { ...measure, name: `${start}, less its waits for a processor`, unit: 'ms' },
          elapsedMs - waitedMs,
        )
        figures.add(0, { ...measure, name: `${name}: idle after it`, unit: 'MB' }, residentBytes / 1024 / 1024)
      }
    }
    return {
      key: 'installed',
      rivals: [],
      measures: figures.all(),
      setting:
        'On new directories. The executable has Node 26 in it; the installed command runs on the Node named here. Waits are those of the main thread.',
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
