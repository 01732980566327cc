/**
 * Counts the lines of the TypeScript and JavaScript sources by folder: `node scripts/lines.mjs [REVISION ...]`, a column for each revision of git
 * and, without one, for the files that are checked out. Lines of code are those that are neither empty nor comments only.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Folders of which each folder in them is told by itself. */
const divided = ['lib', 'protocol', 'storage']

function folderOf(path) {
  const [top, room, ...rest] = path.split('/')
  return divided.includes(top) && rest.length > 0 ? `${top}/${room}` : top
}

/** The sources of a revision by path; '' stands for the files that are checked out. */
function sourcesOf(revision) {
  const args = ['grep', '-I', '--null', '', ...(revision === '' ? [] : [revision]), '--', '*.ts', '*.mjs']
  const found = execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 30 })
  const sources = new Map()
  for (const line of found.split('\n').slice(0, -1)) {
    const [place, text] = line.split('\0')
    const path = revision === '' ? place : place.slice(revision.length + 1)
    if (!sources.has(path)) sources.set(path, [])
    sources.get(path).push(text)
  }
  return sources
}

function codeLines(lines) {
  const code = lines.join('\n').replace(/\/\*[\s\S]*?\*\//g, comment => comment.replace(/[^\n]/g, ' '))
  return code.split('\n').filter(line => !/^\s*(?:\/\/.*)?$/.test(line)).length
}

const counts = revision => {
  const byFolder = new Map()
  for (const [path, lines] of sourcesOf(revision)) {
    const sum = byFolder.get(folderOf(path)) ?? { files: 0, lines: 0, code: 0 }
    byFolder.set(folderOf(path), sum)
    sum.files++
    sum.lines += lines.length
    sum.code += codeLines(lines)
  }
  return byFolder
}

const revisions = process.argv.length > 2 ? process.argv.slice(2) : ['']
const columns = revisions.map(counts)
const folders = [...new Set(columns.flatMap(column => [...column.keys()]))].sort()
const nothing = { files: 0, lines: 0, code: 0 }
const row = cells => `| ${cells.join(' | ')} |`
const head = revisions.flatMap(revision => ['files', 'lines', 'of code'].map(of => `${of} ${revision}`.trim()))
console.log(row(['folder', ...head]))
console.log(row(['---', ...head.map(() => '---:')]))
for (const folder of folders) {
  console.log(row([folder, ...columns.flatMap(column => Object.values(column.get(folder) ?? nothing))]))
}
const sums = columns.flatMap(column =>
  ['files', 'lines', 'code'].map(of => [...column.values()].reduce((sum, each) => sum + each[of], 0)),
)
console.log(row(['all', ...sums]))
