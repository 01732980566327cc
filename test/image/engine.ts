/** A container engine by its command line, which docker and podman have in common. */
import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { until } from '../../conformance/scenario.ts'
import { freePort as anyFreePort, isFree } from '../free-port.ts'

const execute = promisify(execFile)

export interface Finished {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end, whatever that is. */
export async function finished(program: string, args: readonly string[], timeoutMs = 120_000): Promise<Finished> {
  try {
    const { stdout, stderr } = await execute(program, [...args], { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 })
    return { code: 0, stdout, stderr }
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: number | string; stdout?: string; stderr?: string }
    return { code: typeof code === 'number' ? code : -1, stdout, stderr: stderr || String(error) }
  }
}

/** What marks the containers, networks and volumes of this run, so that they can be removed. */
const mark = `ottla-check-${process.pid}`

export class Engine {
  readonly program: string
  #count = 0

  constructor(program: string) {
    this.program = program
  }

  /** The engine that answers here; null where there is none. */
  static find(): Engine | null {
    const program = ['docker', 'podman'].find(name => spawnSync(name, ['info'], { stdio: 'ignore' }).status === 0)
    return program === undefined ? null : new Engine(program)
  }

  /** Runs a command of the engine; throws where that fails. Answers what it printed. */
  async do(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await finished(this.program, args)
    if (code !== 0)
      throw new Error(`${this.program} ${args.slice(0, 3).join(' ')} …: ${stderr.trim().split('\n').at(-1)}`)
    return stdout.trim()
  }

  async hasImage(image: string): Promise<boolean> {
    return (await finished(this.program, ['image', 'inspect', image])).code === 0
  }

  name(what: string): string {
    this.#count++
    return `${mark}-${what}-${this.#count}`
  }

  /** Starts a container in the background. */
  async start(options: readonly string[], image: string, ...command: readonly string[]): Promise<Container> {
    const name = this.name('container')
    await this.do('run', '--detach', '--name', name, ...options, image, ...command)
    return new Container(this, name)
  }

  /** Runs a container to its end, and removes it. */
  once(options: readonly string[], image: string, ...command: readonly string[]): Promise<Finished> {
    return finished(this.program, ['run', '--rm', '--name', this.name('container'), ...options, image, ...command])
  }

  async network(): Promise<string> {
    const name = this.name('network')
    await this.do('network', 'create', name)
    return name
  }

  async volume(): Promise<string> {
    const name = this.name('volume')
    await this.do('volume', 'create', name)
    return name
  }

  /** Removes everything that this run has made. */
  async clean(): Promise<void> {
    const mine = async (...list: readonly string[]) =>
      (await this.do(...list, '--format', '{{.Name}}')).split('\n').filter(name => name.startsWith(mark))
    const containers = (await this.do('ps', '--all', '--format', '{{.Names}}'))
      .split('\n')
      .filter(name => name.startsWith(mark))
    if (containers.length > 0) await finished(this.program, ['rm', '--force', '--volumes', ...containers])
    for (const name of await mine('network', 'ls')) await finished(this.program, ['network', 'rm', name])
    for (const name of await mine('volume', 'ls')) await finished(this.program, ['volume', 'rm', name])
  }
}

export class Container {
  readonly engine: Engine
  readonly name: string

  constructor(engine: Engine, name: string) {
    this.engine = engine
    this.name = name
  }

  /** A template of the engine over what it knows of the container. */
  inspect(template: string): Promise<string> {
    return this.engine.do('inspect', '--format', template, this.name)
  }

  exec(...command: readonly string[]): Promise<Finished> {
    return finished(this.engine.program, ['exec', this.name, ...command])
  }

  /** What it wrote on both of its outputs so far. */
  async log(): Promise<string> {
    const { stdout, stderr } = await finished(this.engine.program, ['logs', this.name])
    return stdout + stderr
  }

  /** Waits until it has written the words. Throws with its log where it ended before. */
  async says(words: string | RegExp, withinMs = 30_000): Promise<void> {
    const look = async () => {
      const log = await this.log()
      if (typeof words === 'string' ? log.includes(words) : words.test(log)) return true
      if ((await this.inspect('{{.State.Running}}')) === 'true') return undefined
      const lastLines = log.trim().split('\n').slice(-5).join(' | ')
      throw new Error(`the container ended with ${await this.inspect('{{.State.ExitCode}}')}: ${lastLines}`)
    }
    await until(`${this.name} to say ${words}`, look, withinMs)
  }

  /** Stops it, and answers how long that took and its exit code. */
  async stop(): Promise<{ elapsedMs: number; code: number }> {
    const begin = performance.now()
    await this.engine.do('stop', '--time', '10', this.name)
    const elapsedMs = Math.round(performance.now() - begin)
    return { elapsedMs, code: Number(await this.inspect('{{.State.ExitCode}}')) }
  }

  async remove(): Promise<void> {
    // Podman would wait for a shell that does not end by SIGTERM.
    await finished(this.engine.program, ['kill', this.name])
    await this.engine.do('rm', '--force', '--volumes', this.name)
  }
}

/** A port of this machine that nobody uses now; the one that is wished for, where it is free. */
export async function freePort(wished = 0): Promise<number> {
  return wished > 0 && (await isFree(wished, '0.0.0.0')) ? wished : anyFreePort('0.0.0.0')
}
