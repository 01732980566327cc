/** ottla completion: each shell is told the commands and their options; bash is asked. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import t from 'tap'
import type { Io } from '../../lib/cli/io.ts'
import { main } from '../../lib/cli/main.ts'

async function run(...argv: readonly string[]) {
  const texts = { stdout: '', stderr: '' }
  const collect = (name: keyof typeof texts) =>
    new Writable({
      write(chunk, _encoding, done) {
        texts[name] += chunk
        done()
      },
    })
  const code = await main(argv, { stdout: collect('stdout'), stderr: collect('stderr') } as unknown as Io)
  return { code, ...texts }
}

t.test('bash completes commands and options, also by Kafka’s names', async t => {
  const { code, stdout: script } = await run('completion', 'bash')
  t.equal(code, 0)
  const completed = (...line: readonly string[]) => {
    const words = line.map(word => `'${word}'`).join(' ')
    const ask = `${script}\nCOMP_WORDS=(${words}); COMP_CWORD=${line.length - 1}; _ottla; echo "\${COMPREPLY[*]}"`
    return spawnSync('bash', ['-c', ask], { encoding: 'utf8' }).stdout.trim()
  }
  t.equal(completed('ottla', 'get-o'), 'get-offsets')
  t.equal(completed('ottla', 'groups', '--reset'), '--reset-offsets')
  t.equal(completed('/opt/kafka/bin/kafka-consumer-groups.sh', '--all-'), '--all-groups --all-topics')
  t.equal(completed('ottla', 'start', '--ephe'), '--ephemeral')
})

t.test('bash completes what a command is to do, and the options of that', async t => {
  const { stdout: script } = await run('completion', 'bash')
  const completed = (...line: readonly string[]) => {
    const words = line.map(word => `'${word}'`).join(' ')
    const ask = `${script}\nCOMP_WORDS=(${words}); COMP_CWORD=${line.length - 1}; _ottla; echo "\${COMPREPLY[*]}"`
    return spawnSync('bash', ['-c', ask], { encoding: 'utf8' }).stdout.trim()
  }
  t.equal(completed('ottla', 'perf', ''), 'produce consume latency')
  t.equal(completed('ottla', 'perf', 'produce', '--num'), '--num-records --num-headers')
  t.equal(completed('ottla', 'log', 're'), 'repair')
  t.equal(completed('ottla', 'metadata', 's'), 'save')
  t.equal(completed('kafka-storage.sh', 'r'), 'random-uuid')
  t.equal(completed('ottla', 'features', 'v'), 'version-mapping')
  t.equal(completed('ottla', 'cluster', 'i'), 'isr')
  t.equal(completed('ottla', 'storage', 'format', '--ig'), '--ignore-formatted')
})

t.test('zsh completes the same, where there is one', async t => {
  if (!isThere('zsh')) return t.pass('there is no zsh here')
  const { stdout: script } = await run('completion', 'zsh')
  const completed = (...line: readonly string[]) => {
    const words = line.map(word => `'${word}'`).join(' ')
    const matching = ['$', '{(M)@:#$PREFIX*}'].join('')
    const stub = `compdef() { names=("$@") }; compadd() { shift; print -- ${matching} }; _files() { print files }`
    const ask = `${stub}\n${script}\nwords=(${words}); CURRENT=${line.length}; PREFIX='${line.at(-1)}'; _ottla; print -u2 -- $names`
    const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', ask], { encoding: 'utf8' })
    return { said: stdout.trim(), names: stderr.trim().split(' ') }
  }
  t.equal(completed('ottla', 'get-o').said, 'get-offsets')
  t.equal(completed('ottla', 'groups', '--reset').said, '--reset-offsets')
  t.equal(completed('/opt/kafka/bin/kafka-consumer-groups.sh', '--all-').said, '--all-groups --all-topics')
  t.equal(completed('ottla', 'perf', '').said, 'produce consume latency')
  t.equal(completed('ottla', 'dump-log', 'x').said, 'files')
  t.match(completed('ottla', '').names.slice(1, 3), ['ottla', /^kafka-/], 'also by the names of Kafka')
})

t.test('fish completes the same, where there is one', async t => {
  if (!isThere('fish')) return t.pass('there is no fish here')
  const { stdout: script } = await run('completion', 'fish')
  const file = join(t.testdir({ 'ottla.fish': script }), 'ottla.fish')
  const completed = (line: string) => {
    const ask = `source ${file}; complete -C '${line}'`
    const { stdout } = spawnSync('fish', ['--no-config', '-c', ask], { encoding: 'utf8' })
    return stdout.split('\n').flatMap(text => (text === '' ? [] : [text.split('\t')[0]]))
  }
  t.same(completed('ottla get-o'), ['get-offsets'])
  t.same(completed('ottla groups --reset'), ['--reset-offsets'])
  t.same(completed('kafka-consumer-groups.sh --all-'), ['--all-groups', '--all-topics'])
  t.same(completed('ottla perf l'), ['latency'])
  t.same(completed('kafka-storage r'), ['random-uuid'])
})

/** Whether a shell is on this machine. */
function isThere(shell: string): boolean {
  return spawnSync(shell, ['--version']).status === 0
}

t.test('zsh and fish are told the same', async t => {
  t.match((await run('completion', 'zsh')).stdout, /^#compdef ottla kafka-[\s\S]*groups\) options=\(.*--reset-offsets/)
  const fish = (await run('completion', 'fish')).stdout
  t.match(fish, "-n '__fish_seen_subcommand_from groups' -l reset-offsets -d 'set offsets of groups")
  t.match(await run('completion', 'tcsh'), { code: 1, stderr: 'ottla: there is no completion for tcsh; name bash' })
  t.match(await run('completion', '--help'), { code: 0, stdout: 'source <(ottla completion bash)' })
})

t.test('kafka-run-class runs the command of a class', async t => {
  for (const name of ['kafka.tools.GetOffsetShell', 'org.apache.kafka.tools.GetOffsetShell'])
    t.match(await run('kafka-run-class.sh', name, '--help'), { code: 0, stdout: /^ottla get-offsets: / })
  t.match(await run('kafka-run-class', 'kafka.Nope'), { code: 1, stderr: /there is no class kafka\.Nope to run/ })
  t.match(await run('kafka-run-class', 'java.lang.TopicCommand'), { code: 1 })
})
