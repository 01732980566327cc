/** Members of etcd for tests, on ports that are free, in temporary directories; each can be killed and started again. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { freePort } from '../free-port.ts'

/** Why tests with etcd are skipped; false where there is one. */
export const etcdMissing: string | false =
  spawnSync('etcd', ['--version']).status === 0 ? false : 'there is no etcd here: apt-get install etcd-server'

export class EtcdMember {
  readonly name: string
  readonly port: number
  readonly peerPort: number
  readonly #directory: string
  readonly #options: readonly string[]
  #child: ChildProcess | null = null

  constructor(name: string, port: number, peerPort: number, options: readonly string[]) {
    this.name = name
    this.port = port
    this.peerPort = peerPort
    this.#directory = mkdtempSync(join(tmpdir(), 'ottla-etcd-'))
    this.#options = options
  }

  /** Null where it does not run. */
  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  /** Whether it ended by itself. */
  get hasEnded(): boolean {
    return this.#child !== null && this.#child.exitCode !== null
  }

  get url(): string {
    return `${this.secure ? 'https' : 'http'}://127.0.0.1:${this.port}`
  }

  get secure(): boolean {
    return this.#options.includes('--cert-file')
  }

  start(cluster: string): void {
    const peer = `http://127.0.0.1:${this.peerPort}`
    this.#child = spawn(
      'etcd',
      [
        ...['--name', this.name, '--data-dir', this.#directory, '--log-level', 'error', '--unsafe-no-fsync'],
        ...['--listen-client-urls', this.url, '--advertise-client-urls', this.url],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
        ...['--initial-cluster', cluster, ...this.#options],
      ],
      { stdio: 'ignore' },
    )
  }

  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  async kill(): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null) return
    const gone = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }

  async remove(): Promise<void> {
    await this.kill()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

export class EtcdCluster {
  readonly members: readonly EtcdMember[]

  private constructor(members: readonly EtcdMember[]) {
    this.members = members
  }

  static async start(t: Test, size = 1, options: readonly string[] = []): Promise<EtcdCluster> {
    const members: EtcdMember[] = []
    for (let i = 0; i < size; i++) members.push(new EtcdMember(`m${i}`, await freePort(), await freePort(), options))
    const cluster = new EtcdCluster(members)
    t.teardown(() => Promise.all(members.map(member => member.remove())))
    for (const member of members) member.start(cluster.#initial)
    await cluster.ready()
    return cluster
  }

  get #initial(): string {
    return this.members.map(({ name, peerPort }) => `${name}=http://127.0.0.1:${peerPort}`).join(',')
  }

  start(member: EtcdMember): void {
    member.start(this.#initial)
  }

  /** What metadata.store would say. */
  address(prefix: string): string {
    return `${this.members[0]!.secure ? 'etcds' : 'etcd'}://${this.members.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${prefix}`
  }

  async ready(): Promise<void> {
    // One that speaks TLS is waited for by the store.
    await Promise.all(this.members.filter(({ secure }) => !secure).map(answered))
  }

  /** The member that leads, as soon as one does that is not `former`. */
  async leader(former?: EtcdMember): Promise<EtcdMember> {
    for (;;) {
      for (const member of this.members) {
        if (member === former) continue
        const status = await post(member.url, '/v3/maintenance/status', {}, lookMsMax).catch(() => null)
        if (status !== null && status.leader === status.header.member_id) return member
      }
      await pause()
    }
  }
}

async function answered(member: EtcdMember): Promise<void> {
  for (;;) {
    try {
      await post(member.url, '/v3/kv/range', { key: 'YQ==' }, lookMsMax)
      return
    } catch {
      if (member.hasEnded) throw new Error(`etcd at ${member.url} has ended: a port of it was taken`)
      await pause()
    }
  }
}

function pause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 20))
}

/** After which somebody who does not answer is asked anew, or another one is. */
const lookMsMax = 3_000

/** The time only ends what hangs. */
// biome-ignore lint/suspicious/noExplicitAny: what etcd answers is looked at by the tests
export async function post(url: string, path: string, body: object, msMax = 60_000): Promise<any> {
  const response = await fetch(url + path, {
    method: 'POST',
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(msMax),
  })
  if (!response.ok) throw new Error(await response.text())
  return response.json()
}
