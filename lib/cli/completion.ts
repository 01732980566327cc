/** `ottla completion bash|zsh|fish`: what a shell needs to complete commands and their options, taken from the help of each. */
import { Writable } from 'node:stream'
import { helpFor } from './help.ts'
import { type Io, UsageError } from './io.ts'
import type { Command } from './tools/index.ts'

/** An option with what its help says. */
interface Option {
  readonly name: string
  readonly doc: string
}

type Options = ReadonlyMap<string, readonly Option[]>

type Tools = Readonly<Record<string, () => Promise<Command>>>

/** Prints the script for a shell; the exit code. Throws UsageError for another shell. */
export async function completion(
  names: readonly string[],
  tools: Tools,
  [shell = '']: readonly string[],
  io: Io,
): Promise<number> {
  if (shell === '--help' || shell === '-h') {
    io.stdout.write(help)
    return 0
  }
  if (!Object.hasOwn(scripts, shell)) {
    throw new UsageError(`there is no completion for ${shell || 'no shell'}; name bash, zsh or fish`)
  }
  const options = new Map<string, readonly Option[]>()
  for (const name of names) options.set(name, optionsIn(await helpOf(name, tools, io)))
  io.stdout.write(scripts[shell as keyof typeof scripts](options))
  return 0
}

const help = `ottla completion bash|zsh|fish

Prints a script that completes commands, their options and Kafka's names of them.

  source <(ottla completion bash)
  ottla completion zsh > "\${fpath[1]}/_ottla"
  ottla completion fish > ~/.config/fish/completions/ottla.fish
`

async function helpOf(name: string, tools: Tools, io: Io): Promise<string> {
  if (!Object.hasOwn(tools, name)) {
    const text = helpFor(name)
    return text === helpFor('') ? '' : text
  }
  let text = ''
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      text += chunk
      done()
    },
  })
  const command = await tools[name]!()
  await command(['--help'], { ...io, stdout, stderr: stdout } as unknown as Io)
  return text
}

/** Lines such as `  --topic TOPIC   the topic`. */
function optionsIn(text: string): Option[] {
  const found = new Map<string, string>()
  for (const [, name, doc] of text.matchAll(/^ {2,}(--[\w.-]+)(?:[^\S\n]\S+)*?(?:[^\S\n]{2,}(\S.*))?$/gm))
    if (!found.has(name!)) found.set(name!, doc ?? '')
  return [...found].map(([name, doc]) => ({ name, doc }))
}

function words(options: readonly Option[]): string {
  return options.map(({ name }) => name).join(' ')
}

function isKafkas(name: string): boolean {
  return name.startsWith('kafka-')
}

const scripts = {
  bash(options: Options): string {
    const cases = [...options].map(([name, all]) => `    ${name}) words='${words(all)}' ;;`)
    const kafkas = [...options.keys()].filter(isKafkas).flatMap(name => [name, `${name}.sh`])
    return `_ottla() {
  local cur=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[0]##*/} at=0 words=
  command=\${command%.sh}
  if [[ $command == ottla ]]; then command=\${COMP_WORDS[1]} at=1; fi
  if ((at == COMP_CWORD)); then
    COMPREPLY=($(compgen -W '${[...options.keys()].join(' ')}' -- "$cur"))
    return
  fi
  case $command in
${cases.join('\n')}
  esac
  if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "$words" -- "$cur")); else COMPREPLY=($(compgen -f -- "$cur")); fi
}
complete -F _ottla ottla ${kafkas.join(' ')}
`
  },

  zsh(options: Options): string {
    const cases = [...options].map(([name, all]) => `    ${name}) compadd -- ${words(all)} ;;`)
    return `#compdef ottla
_ottla() {
  if ((CURRENT == 2)); then
    compadd -- ${[...options.keys()].join(' ')}
    return
  fi
  if [[ $PREFIX != -* ]]; then
    _files
    return
  fi
  case $words[2] in
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == _ottla ]]; then _ottla "$@"; else compdef _ottla ottla; fi
`
  },

  fish(options: Options): string {
    const quoted = (text: string) => `'${text.replaceAll(/['\\]/g, '\\$&')}'`
    const lines = [...options].flatMap(([name, all]) => [
      `complete -c ottla -n __fish_use_subcommand -f -a ${name}`,
      ...all.map(
        ({ name: option, doc }) =>
          `complete -c ottla -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)} -d ${quoted(doc)}`,
      ),
    ])
    return `${lines.join('\n')}\n`
  },
} as const
