/**
 * Command-line tools, judged by what those of Apache Kafka print of Apache Kafka:
 *
 *     npm run conformance -- tools [WORD]             our command line against our broker, by the same arguments
 *     npm run conformance -- tools [WORD] --java      Kafka's own tools against our broker
 *     npm run conformance -- tools [WORD] --record    writes down anew what Kafka's tools print of Apache Kafka
 *     npm run conformance -- tools [WORD] --print     prints what ours print, and judges nothing
 *
 * WORD chooses cases whose name holds it. How a case is added stands in case.ts.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { systemRandom } from '../../lib/base/random.ts'
import type { Io } from '../../lib/cli/io.ts'
import { kafkaStorage } from '../../lib/cli/storage-tool.ts'
import { fetchKafka, type KafkaSettings, startKafka, startKafkaCluster } from '../kafka.ts'
import { startOwnBroker } from '../own-broker.ts'
import { readTools, writeTools } from '../recorded.ts'
import { runScenarios, type Scenario, until } from '../scenario.ts'
import type { Invocation, ToolCase, Tools } from './case.ts'
import { toolGroups } from './cases/index.ts'
import { judgedTools, type Ran } from './judge.ts'
import { type RunTool, startKafkaTools } from './kafka-tools.ts'
import { normal } from './normal.ts'
import { hasOwn, runOwn } from './own-tools.ts'
import { type Started, startStoppable } from './stoppable.ts'
import { wordsOf } from './words.ts'
import { World } from './world.ts'

/** What both brokers are started with: the same numbers wherever tools print them. */
const usual = {
  'group.initial.rebalance.delay.ms': '0',
  'log.initial.task.delay.ms': '86400000',
  'offsets.topic.num.partitions': '2',
  'transaction.state.log.num.partitions': '2',
}
/** Nothing that a case runs takes longer. */
const msMaxDefault = 60_000
/** Until a broker that is the controller, too, has heard of what it did. */
const settleMsDefault = 100

interface Options {
  readonly record: boolean
  readonly java: boolean
  readonly print: boolean
  readonly rest: readonly string[]
}

export async function tools({ record, java, print, rest: [word = ''] }: Options): Promise<number> {
  const kafka = record || java ? startKafkaTools() : null
  let failed = 0
  try {
    for (const [group, of] of Object.entries(toolGroups)) {
      const { brokers = 1, settings, login, listeners, begin, settleMs = settleMsDefault, cases } = of
      const chosen = cases.filter(({ name }) => name.includes(word))
      if (chosen.length === 0) continue
      const directory = mkdtempSync(join(tmpdir(), 'tools-'))
      const all = { ...usual, ...settings, ...begin?.(directory) }
      const start = brokers === 1 ? startedBroker : startedCluster(brokers)
      const broker = of.isStoppable
        ? await startStoppable(brokers, directoryFor(record), all, record)
        : await start(all, listeners, record)
      const world = new World(broker.bootstrap, login, brokers, broker.stopOne)
      const directories = { group: directory, data: broker.directories }
      try {
        await world.begin()
        const run = (each: ToolCase) => runCase(each, world, directories, kafka?.run ?? runOwn, record ? settleMs : 0)
        failed += record
          ? await recordAll(group, cases, chosen, run)
          : await judgeAll(group, chosen, java ? 'kafka' : 'ottla', run, print)
      } finally {
        await world.close()
        await broker.stop()
        rmSync(directory, { recursive: true, force: true })
      }
    }
  } finally {
    kafka?.stop()
  }
  return failed
}

type RunCase = (each: ToolCase) => Promise<Ran[]>

/** Where they are on, a setting is kept for eligible leader replicas that nobody has made. */
const withoutKeptSetting = 'eligible.leader.replicas.version=0'

async function format(directory: string): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), 'ottla-format-'))
  const file = join(place, 'server.properties')
  writeFileSync(file, `node.id=1\nlog.dirs=${directory}\n`)
  const args = ['format', '-t', systemRandom.uuid(), '-c', file, '--feature', withoutKeptSetting]
  await kafkaStorage(args, { ...process, stdout: new PassThrough() } as unknown as Io)
  rmSync(place, { recursive: true, force: true })
}

const ofKafka = { heapMb: 512, features: [withoutKeptSetting] }

function directoryFor(isKafka: boolean): string {
  const missing = isKafka ? fetchKafka() : null
  if (missing !== null) throw new Error(`there is no Apache Kafka to be recorded: ${missing}`)
  return mkdtempSync(join(tmpdir(), isKafka ? 'kafka-' : 'ottla-'))
}

/** Several brokers with the plain listener alone. */
function startedCluster(count: number) {
  return async (settings: KafkaSettings, _listeners: string | undefined, isKafka: boolean): Promise<Started> => {
    const directory = directoryFor(isKafka)
    if (isKafka) {
      const { nodes, stop } = await startKafkaCluster(count, directory, settings, ofKafka)
      return { bootstrap: nodes[0]!.bootstrap, directories: nodes.map(({ dataDirectory }) => dataDirectory), stop }
    }
    const own = await startOwnBroker([
      ...['--brokers', String(count), '--data', directory, '--port', '0', '--log-level', 'error', '--set'],
      ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
    ])
    const stop = async () => {
      await own.stop()
      rmSync(directory, { recursive: true, force: true })
    }
    const directories = Array.from({ length: count }, (_, at) => join(directory, `broker-${at + 1}`))
    return { bootstrap: own.bootstrap.split(',')[0]!, directories, stop }
  }
}

async function startedBroker(
  settings: KafkaSettings,
  listeners: string | undefined,
  isKafka: boolean,
): Promise<Started> {
  const directory = directoryFor(isKafka)
  if (isKafka) {
    const node = await startKafka(directory, { 'node.id': '1', ...settings }, { ...ofKafka, listeners })
    return { bootstrap: node.bootstrap, directories: [node.dataDirectory], stop: () => node.stop() }
  }
  const plain = 'PLAINTEXT://127.0.0.1:0'
  await format(directory)
  const own = await startOwnBroker([
    ...['--data', directory, '--log-level', 'error', '--set', 'node.id=1'],
    `listeners=${listeners === undefined ? plain : `${plain},${listeners}`}`,
    ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
  ])
  const stop = async () => {
    await own.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  // The plain listener is the first.
  return { bootstrap: own.bootstrap.split(',')[0]!, directories: [directory], stop }
}

async function runCase(
  each: ToolCase,
  world: World,
  directories: { readonly group: string; readonly data: readonly string[] },
  run: RunTool,
  settleMs: number,
): Promise<Ran[]> {
  const directory = mkdtempSync(join(tmpdir(), 'tools-'))
  const { group, data } = directories
  const addresses: Record<string, string> = { [world.bootstrap]: '<broker>', [directory]: '<dir>', [group]: '<group>' }
  for (const each of data) addresses[each] = '<data>'
  const filled = (text: string) => {
    const words = { $BOOTSTRAP: world.bootstrap, $DIR: directory, $GROUP: group, ...Object.fromEntries(world.words) }
    return Object.entries(words).reduce((rest, [word, meant]) => rest.replaceAll(word, () => meant), text)
  }
  try {
    await each.prepare?.(world)
    for (const [name, text] of Object.entries(each.files ?? {})) writeFileSync(join(directory, name), filled(text))
    const ran: Ran[] = []
    for (const one of each.run) {
      const invocation: Invocation = typeof one === 'string' ? { run: one } : one
      await invocation.before?.(world)
      const words = wordsOf(invocation.run).map(filled)
      const { stdin = '', msMax = msMaxDefault, until: awaited = /^/ } = invocation
      const outcome = await until(invocation.run, async () => {
        const one = await run(words, filled(stdin), msMax)
        return awaited.test(one.stdout) ? one : undefined
      })
      ran.push({ run: invocation.run, ...normal(outcome, invocation, each, addresses) })
      if (settleMs > 0) await new Promise(resolve => setTimeout(resolve, settleMs))
    }
    return ran
  } finally {
    rmSync(directory, { recursive: true, force: true })
    await world.clean()
  }
}

function namesIn({ run }: ToolCase): string[] {
  return run.map(each => wordsOf(typeof each === 'string' ? each : each.run)[0] ?? '')
}

async function judgeAll(
  group: string,
  chosen: readonly ToolCase[],
  by: Tools,
  run: RunCase,
  print: boolean,
): Promise<number> {
  const recorded = readTools(group)
  const scenarios = chosen.map((each): Scenario => {
    const missing = by === 'ottla' ? namesIn(each).find(name => !hasOwn(name)) : undefined
    return {
      name: each.name,
      skipped: missing === undefined ? undefined : `there is no ${missing} of ours yet`,
      run: async () => {
        const ours = await run(each)
        if (print) for (const ran of ours) console.log(JSON.stringify(ran, null, 1))
        else {
          const theirs = recorded[each.name]
          if (theirs === undefined)
            throw new Error(`nothing is recorded: npm run conformance -- tools ${JSON.stringify(each.name)} --record`)
          const failures = judgedTools(each, by, ours, theirs)
          if (failures.length > 0) throw new Error(`${failures.length} differences\n    ${failures.join('\n    ')}`)
        }
        return `${ours.length} invocations`
      },
    }
  })
  const whose = by === 'ottla' ? 'our command line' : "Kafka's own tools"
  return runScenarios(`${whose}: ${group}, judged by what Kafka's print of Apache Kafka`, scenarios)
}

async function recordAll(
  group: string,
  cases: readonly ToolCase[],
  chosen: readonly ToolCase[],
  run: RunCase,
): Promise<number> {
  const before = readTools(group)
  const after = new Map(Object.entries(before))
  const scenarios = chosen.map(each => ({
    name: each.name,
    run: async () => {
      const ran = await run(each)
      after.set(each.name, ran)
      const same = JSON.stringify(ran) === JSON.stringify(before[each.name])
      return `${ran.length} invocations, ${same ? 'as before' : 'changed'}`
    },
  }))
  const failed = await runScenarios(`recorded/tools-${group}.json`, scenarios)
  // In the order of the cases, without those that are gone.
  writeTools(
    group,
    Object.fromEntries(cases.flatMap(({ name }) => (after.has(name) ? [[name, after.get(name)!]] : []))),
  )
  return failed
}
