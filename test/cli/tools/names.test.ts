/** The twins of Kafka's tools go by our name, by Kafka's, and by that of Kafka's script. */
import t from 'tap'
import { main } from '../../../lib/cli/main.ts'
import { toolCommands } from '../../../lib/cli/tools/index.ts'
import { runHere } from './cluster.ts'

t.test('each tool has help with an example under every name', async t => {
  for (const name of Object.keys(toolCommands)) {
    const { code, stdout } = await runHere(main, [name, '--help'])
    t.equal(code, 0, name)
    t.match(stdout, /\n {2}ottla .+/, `${name} has an example`)
    if (!name.startsWith('kafka-')) continue
    t.same(await runHere(main, [`${name}.sh`, '--help']), { code, stdout, stderr: '' }, `${name}.sh`)
  }
})

t.test('every other command has help with an example, too, also by the word help', async t => {
  const { stdout: script } = await runHere(main, ['completion', 'bash'])
  const [, names] = /compgen -W '([^']+)'/.exec(script)!
  t.ok(['server-start', 'server-stop', 'storage'].every(name => names!.split(' ').includes(name)))
  for (const name of names!.split(' ')) {
    const { code, stdout, stderr } = await runHere(main, [name, '--help'])
    t.same([code, stderr], [0, ''], name)
    t.match(stdout, /\n {2,}(source <\()?ottla \S+/, `${name} has an example`)
    t.same(await runHere(main, ['help', name]), { code, stdout, stderr }, `help ${name}`)
  }
})

t.test('an ending alone makes no command', async t => {
  t.match(await runHere(main, ['nonsense.sh']), { code: 1, stderr: /there is no command "nonsense"/ })
})
