/** Copies text, also where the page was not reached in a way that browsers call secure; and the commands that people copy. */
import type { RecordAnswer } from '../lib/console/answers.ts'

export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    area.className = 'unseen'
    document.body.append(area)
    area.select()
    const isDone = document.execCommand('copy')
    area.remove()
    return isDone
  }
}

/** For a shell. */
function quoted(text: string): string {
  return /^[\w.:@/,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

export function kcatCommand(bootstrap: string, topic: string, { partition, offset }: RecordAnswer): string {
  const format = quoted('%T %p %o key=%k headers=%h\\n%s\\n')
  return `kcat -C -b ${quoted(bootstrap)} -t ${quoted(topic)} -p ${partition} -o ${offset} -c 1 -e -f ${format}`
}

export function consumeCommand(bootstrap: string, topic: string, { partition, offset }: RecordAnswer): string {
  const place = `--topic ${quoted(topic)} --partition ${partition} --offset ${offset} --max-messages 1`
  const shown = ['timestamp', 'headers', 'key'].map(name => `--formatter-property print.${name}=true`).join(' ')
  return `ottla consume --bootstrap-server ${quoted(bootstrap)} ${place} ${shown}`
}
