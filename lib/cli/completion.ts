/** `ottla completion bash|zsh|fish`: what a shell needs to complete commands and their options, taken from the help of each. */
import { Writable } from 'node:stream'
import { type Io, UsageError } from './io.ts'

/** An option with what its help says. */
interface Option {
  readonly name: string
  readonly doc: string
}

/** What a command takes: words that say what it is to do, and options. */
interface Taken {
  readonly words: readonly string[]
  readonly options: readonly Option[]
}

/** By the names of commands. */
type All = ReadonlyMap<string, Taken>

type Run = (argv: readonly string[], io: Io) => Promise<number>

/** Words of a command that have options of their own, with a help. */
const withOwnHelp: Readonly<Record<string, readonly string[]>> = {
  perf: ['produce', 'consume', 'latency'],
  cluster: ['status'],
}

/** Prints the script for a shell; the exit code. Throws UsageError for another shell. */
export async function completion(
  run: Run,
  names: readonly string[],
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
  const all = new Map<string, Taken>()
  for (const name of names) all.set(name, await takenBy(run, name, io))
  io.stdout.write(scripts[shell as keyof typeof scripts](all))
  return 0
}

const help = `ottla completion bash|zsh|fish

Prints a script that completes commands, their options and Kafka's names of them.

  source <(ottla completion bash)
  ottla completion zsh > "\${fpath[1]}/_ottla"
  ottla completion fish > ~/.config/fish/completions/ottla.fish
`

async function takenBy(run: Run, name: string, io: Io): Promise<Taken> {
  const texts = [await helpOf(run, [name], io)]
  for (const word of withOwnHelp[name] ?? []) texts.push(await helpOf(run, [name, word], io))
  return { words: [...new Set(texts.flatMap(wordsIn))], options: optionsIn(texts.join('\n')) }
}

async function helpOf(run: Run, words: readonly string[], io: Io): Promise<string> {
  let text = ''
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      text += chunk
      done()
    },
  })
  await run([...words, '--help'], { ...io, stdout, stderr: stdout } as unknown as Io)
  return text
}

/** Those of a first line such as `ottla log check|dump|repair DIR`. */
function wordsIn(text: string): string[] {
  const [, words] = /^ottla \S+ ([\w-]+(?: [A-Z]+)?(?:\|[\w-]+(?: [A-Z]+)?)+)/.exec(text) ?? []
  return words?.split('|').map(word => word.split(' ')[0]!) ?? []
}

/** Lines such as `  --topic TOPIC   the topic`. */
function optionsIn(text: string): Option[] {
  const found = new Map<string, string>()
  for (const [, name, doc] of text.matchAll(/^ {2,}(--[\w.-]+),?(?:[^\S\n]\S+)*?(?:[^\S\n]{2,}(\S.*))?$/gm))
    if (!found.has(name!)) found.set(name!, doc ?? '')
  return [...found].map(([name, doc]) => ({ name, doc }))
}

function listed({ options }: Taken): string {
  return options.map(({ name }) => name).join(' ')
}

/** Commands that there are without a leading `ottla`, as scripts of Kafka have their names, too. */
function kafkas(all: All): string[] {
  return [...all.keys()].filter(name => name.startsWith('kafka-')).flatMap(name => [name, `${name}.sh`])
}

const scripts = {
  bash(all: All): string {
    const cases = [...all].map(
      ([name, taken]) => `    ${name}) options='${listed(taken)}' words='${taken.words.join(' ')}' ;;`,
    )
    return `_ottla() {
  local cur=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[0]##*/} at=0 options= words=
  command=\${command%.sh}
  if [[ $command == ottla ]]; then command=\${COMP_WORDS[1]} at=1; fi
  if ((at == COMP_CWORD)); then
    COMPREPLY=($(compgen -W '${[...all.keys()].join(' ')}' -- "$cur"))
    return
  fi
  case \${command%.sh} in
${cases.join('\n')}
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
  elif ((at + 1 == COMP_CWORD)) && [[ -n $words ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  else
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}
complete -F _ottla ottla ${kafkas(all).join(' ')}
`
  },

  zsh(all: All): string {
    const cases = [...all].map(
      ([name, taken]) => `    ${name}) options=(${listed(taken)}) choices=(${taken.words.join(' ')}) ;;`,
    )
    const names = ['ottla', ...kafkas(all)].join(' ')
    return `#compdef ${names}
_ottla() {
  local command=\${\${words[1]:t}%.sh} at=1
  local -a options choices
  if [[ $command == ottla ]]; then
    command=\${words[2]%.sh} at=2
  fi
  if ((CURRENT == at)); then
    compadd -- ${[...all.keys()].join(' ')}
    return
  fi
  case $command in
${cases.join('\n')}
  esac
  if [[ $PREFIX == -* ]]; then
    compadd -- $options
  elif ((CURRENT == at + 1 && $#choices > 0)); then
    compadd -- $choices
  else
    _files
  fi
}
if [[ $funcstack[1] == _ottla ]]; then _ottla "$@"; else compdef _ottla ${names}; fi
`
  },

  fish(all: All): string {
    const quoted = (text: string) => `'${text.replaceAll(/['\\]/g, '\\$&')}'`
    const optionLines = (start: string, { options }: Taken) =>
      options.map(({ name, doc }) => `${start} -l ${name.slice(2)} -d ${quoted(doc)}`)
    const wordLine = (command: string, condition: string, { words }: Taken) =>
      words.length === 0
        ? []
        : [
            `complete -c ${command} -n '${condition}; and not __fish_seen_subcommand_from ${words.join(' ')}' -f -a '${words.join(' ')}'`,
          ]
    const lines = [...all].flatMap(([name, taken]) => {
      const seen = `__fish_seen_subcommand_from ${name}`
      const own = name.startsWith('kafka-') ? [name, `${name}.sh`] : []
      return [
        `complete -c ottla -n __fish_use_subcommand -f -a ${name}`,
        ...wordLine('ottla', seen, taken),
        ...optionLines(`complete -c ottla -n '${seen}'`, taken),
        ...own.flatMap(command => [
          ...wordLine(command, 'true', taken),
          ...optionLines(`complete -c ${command}`, taken),
        ]),
      ]
    })
    return `${lines.join('\n')}\n`
  },
} as const
