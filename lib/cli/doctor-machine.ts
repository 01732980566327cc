/** The machine as a broker needs it: Node, the native packages, file descriptors, the clock. */
import { createRequire } from 'node:module'
import { codecs, compress, decompress } from '../../protocol/records/compression.ts'
import { prepareZstd } from '../../protocol/records/zstd.ts'
import { openFilesMax } from '../../storage/files.ts'
import type { Clock } from '../base/clock.ts'
import { type Finding, fail, ok, warn } from './doctor-finding.ts'

/** What is lost where a native package does not load that has a fallback. */
const natives: readonly { readonly name: string; readonly without: string }[] = [
  { name: '@node-rs/crc32', without: 'checksums are computed in JavaScript, which takes longer' },
  { name: 'koffi', without: 'large fetches go through memory instead of straight from the file' },
]

/** Fewer are enough for a laptop, and soon used up by clients and partitions. */
const descriptorsEnough = 4_096
/** Years outside of which no clock is right. */
const [yearMin, yearMax] = [2025, 2100]

/** What is looked at; a test has another. */
export interface Machine {
  readonly nodeVersion: string
  readonly descriptors: number
  readonly clock: Clock
  /** Rejects where a package does not load. */
  readonly load: (name: string) => Promise<unknown>
}

/** The machine that this process runs on. */
export const thisMachine = (clock: Clock): Machine => ({
  nodeVersion: process.versions.node,
  descriptors: openFilesMax(),
  clock,
  // By require, which the single-file executable has for what is in it.
  load: async name => createRequire(import.meta.url)(name),
})

/** What is found of it, in the order in which it is told. */
export async function machineFindings(machine: Machine, version: string): Promise<Finding[]> {
  const { nodeVersion, descriptors, clock, load } = machine
  return [
    nodeFinding(nodeVersion, version),
    ...(await codecFindings()),
    ...(await nativeFindings(load)),
    limitFinding(descriptors),
    clockFinding(clock),
  ]
}

function nodeFinding(nodeVersion: string, version: string): Finding {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number)
  const isOld = major < 20 || (major === 20 && minor < 19)
  const what = `Ottla ${version} on Node ${nodeVersion}, ${process.platform} ${process.arch}`
  return isOld
    ? fail('versions', `${what}: Node 20.19 is the oldest that works; install a newer one`)
    : ok('versions', what)
}

/** Codecs are tried: how they are had differs by platform and by the form in which Ottla was installed. */
async function codecFindings(): Promise<Finding[]> {
  const sample = Buffer.from('Dear Ottla, '.repeat(100))
  await prepareZstd()
  const broken = codecs.flatMap(codec => {
    try {
      if (decompress(codec, compress(codec, sample)).equals(sample)) return []
      return [fail('codecs', `${codec} does not give back what was packed: install the package again on this platform`)]
    } catch (error) {
      const reason = (error as Error).message.split('\n')[0]
      return [fail('codecs', `${codec} does not work (${reason}): install the package again on this platform`)]
    }
  })
  return broken.length > 0 ? broken : [ok('codecs', `${codecs.slice(1).join(', ')} pack and unpack`)]
}

async function nativeFindings(load: Machine['load']): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { name, without } of natives) {
    try {
      await load(name)
      findings.push(ok('packages', `${name} loads`))
    } catch (error) {
      const reason = (error as Error).message.split('\n')[0]
      findings.push(warn('packages', `${name} does not load (${reason}): ${without}`))
    }
  }
  return findings
}

function limitFinding(descriptors: number): Finding {
  if (descriptors >= descriptorsEnough)
    return ok('limits', `this process may have ${descriptors} files and connections open`)
  return warn(
    'limits',
    `this process may have ${descriptors} files and connections open: many clients or partitions use them up. Raise it with ulimit -n 65536`,
  )
}

function clockFinding(clock: Clock): Finding {
  const now = new Date(clock.now())
  const year = now.getUTCFullYear()
  if (year >= yearMin && year <= yearMax) return ok('clock', `it is ${now.toISOString()}`)
  return fail(
    'clock',
    `it is ${now.toISOString()}, which cannot be: retention would delete records at once, or never. Set the clock`,
  )
}
