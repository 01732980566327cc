/** ottla completion: each shell is told the commands and their options; bash is asked. */
import { spawnSync } from 'node:child_process'
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

t.test('zsh and fish are told the same', async t => {
  t.match((await run('completion', 'zsh')).stdout, /^#compdef ottla\n[\s\S]*groups\) compadd -- .*--reset-offsets/)
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
