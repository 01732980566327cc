/** The lock of a data directory among real processes: who races for it, who crashed, and whose id belongs to somebody else by now. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { diskFiles } from '../../storage/files.ts'
import { DirectoryLock, lockHolder } from '../../storage/lock.ts'
import { commandProcesses, type Processes, procProcesses } from '../../storage/processes.ts'

// Each process loads the sources anew.
t.setTimeout(120_000)

const script = fileURLToPath(new URL('lock-taker.ts', import.meta.url))
const hasProc = existsSync('/proc/self/stat')
const hasPs = spawnSync('ps', ['-o', 'lstart=', '-p', String(process.pid)]).status === 0
const ways = [...(hasProc ? ['proc'] : []), ...(hasPs || process.platform === 'win32' ? ['command'] : [])] as const

function processesBy(way: string): Processes {
  return way === 'proc' ? procProcesses(diskFiles, process.pid) : commandProcesses()
}

/** Another process; `prefix` is a command that runs it. */
class Taker {
  readonly child: ChildProcess

  private constructor(child: ChildProcess) {
    this.child = child
  }

  static async start(t: Test, way: string, prefix: readonly string[] = []): Promise<Taker> {
    const [command, ...args] = [...prefix, process.execPath, ...process.execArgv, script, way]
    const child = spawn(command!, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    t.teardown(() => child.kill('SIGKILL'))
    await once(child, 'message')
    return new Taker(child)
  }

  async tell(word: 'take' | 'release', directory: string): Promise<string> {
    this.child.send([word, directory])
    const [answer] = await once(this.child, 'message')
    return answer
  }

  async kill(): Promise<void> {
    const gone = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await gone
  }
}

function directoryIn(root: string, name: string | number): string {
  const path = join(root, String(name))
  mkdirSync(path)
  return path
}

const lockText = ({ pid, boot, namespace }: Processes, change: { pid?: number; start?: string; boot?: string }) =>
  `pid=${change.pid ?? pid}\nstart=${change.start ?? '1'}\nboot=${change.boot ?? boot}\nnamespace=${namespace}\n`

for (const way of ways) {
  t.test(`by ${way}: of many that start at once one gets the directory, whatever a crash left there`, async t => {
    const root = t.testdir()
    const takers = await Promise.all(Array.from({ length: 5 }, () => Taker.start(t, way)))
    const { pid: dead } = spawnSync(process.execPath, ['-e', ''])
    const processes = processesBy(way)
    const stale = lockText(processes, { pid: dead })
    for (let round = 0; round < 40; round++) {
      const directory = directoryIn(root, round)
      // Nothing; what a killed broker left; that, and what another left that died as it was about to replace it; what is empty.
      if (round % 4 > 0) writeFileSync(join(directory, '.lock'), round % 4 === 3 ? '' : stale)
      if (round % 4 === 2)
        writeFileSync(join(directory, `.lock.${dead}-1`), lockText(processes, { pid: dead, start: '2' }))
      const answers = await Promise.all(takers.map(taker => taker.tell('take', directory)))
      const taken = answers.filter(answer => answer.startsWith('taken'))
      if (taken.length !== 1) t.fail(`round ${round}: ${answers.join('; ')}`)
      const [, pid] = /^taken by (\d+)$/.exec(taken[0] ?? '') ?? []
      if (!readFileSync(join(directory, '.lock'), 'utf8').startsWith(`pid=${pid}\n`))
        t.fail(`round ${round}: another stands there`)
      const others = answers.filter(answer => !answer.startsWith('taken'))
      if (!others.every(answer => /is in use: (process \d+ has it|others are about to take it)/.test(answer)))
        t.fail(others.join('; '))
      const left = readdirSync(directory)
      if (left.length > 1) t.fail(`round ${round} leaves ${left}`)
    }
    t.pass('40 rounds')
  })

  t.test(
    `by ${way}: a broker that was killed is not in the way, one that runs is, and one that ended leaves nothing`,
    async t => {
      const directory = t.testdir()
      const [first, second] = await Promise.all([Taker.start(t, way), Taker.start(t, way)])
      t.match(await first.tell('take', directory), /^taken/)
      t.match(await second.tell('take', directory), new RegExp(`in use: process ${first.child.pid} has it`))
      t.equal(lockHolder(diskFiles, directory, processesBy(way)), first.child.pid)
      await first.kill()
      t.equal(lockHolder(diskFiles, directory, processesBy(way)), null)
      t.match(await second.tell('take', directory), /^taken/)
      t.equal(await second.tell('release', directory), 'released')
      t.same(readdirSync(directory), [])
    },
  )

  t.test(`by ${way}: a foreign process that has the id of a killed broker is not in the way`, async t => {
    const directory = t.testdir()
    const processes = processesBy(way)
    const foreign = process.ppid
    t.ok(processes.isRunning(process.pid, processes.start), 'the same process is known again')
    for (const content of [
      lockText(processes, { pid: foreign, start: '1' }),
      lockText(processes, { pid: process.pid, start: '1' }),
      ...(processes.boot === '' ? [] : [lockText(processes, { pid: foreign, boot: 'another' })]),
      '',
      'written by another program',
    ]) {
      writeFileSync(join(directory, '.lock'), content)
      const lock = DirectoryLock.take(diskFiles, directory, { processes })
      t.throws(() => DirectoryLock.take(diskFiles, directory, { processes }), { name: 'DirectoryLockedError' })
      lock.release()
      t.same(readdirSync(directory), [])
    }
  })
}

t.test('files that a power failure left empty are not in the way, whatever they were for', async t => {
  const directory = t.testdir({ '.lock': '', '.lock.unreadable': '', '.lock.unreadable.unreadable': '' })
  DirectoryLock.take(diskFiles, directory).release()
  t.same(readdirSync(directory), [])
})

t.test('a system is asked about no process where there is no lock to ask about', async t => {
  const directory = t.testdir()
  const asked: number[] = []
  const processes: Processes = {
    pid: 7,
    boot: '',
    namespace: '',
    start: '5',
    isRunning: pid => asked.push(pid) > 0,
  }
  DirectoryLock.take(diskFiles, directory, { processes }).release()
  t.same(asked, [])
})

t.test('a process that nobody can tell the start of is taken for the one that has the lock', async t => {
  const directory = t.testdir()
  const silent = commandProcesses('none')
  writeFileSync(join(directory, '.lock'), `pid=${process.ppid}\nstart=\nboot=\n`)
  t.throws(() => DirectoryLock.take(diskFiles, directory, { processes: silent }), /process \d+ has it/)
})

const unshare = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
const canUnshare = spawnSync(unshare[0]!, [...unshare.slice(1), 'true']).status === 0

t.test(
  'containers in which each broker is process 1',
  { skip: !canUnshare && 'this user may make no namespaces' },
  async t => {
    const directory = t.testdir()
    const first = await Taker.start(t, 'proc', unshare)
    t.equal(await first.tell('take', directory), 'taken by 1')
    await first.kill()

    const again = await Taker.start(t, 'proc', unshare)
    t.match(await again.tell('take', directory), /^taken by 1: .*not let go of by process 1 of another container/)
    t.equal(await again.tell('release', directory), 'released')
    await again.kill()

    const last = await Taker.start(t, 'proc', unshare)
    t.equal(await last.tell('take', directory), 'taken by 1', 'nothing is told where the one before let go of it')
    await last.kill()
  },
)
