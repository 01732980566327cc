/** The file system as the log sees it: the real one and the one in memory answer alike. */
import { chmodSync, existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { diskFiles, type Files, memoryFiles, privateFiles } from '../../storage/files.ts'

const kinds: readonly [string, (at: string) => { files: Files; root: string }][] = [
  ['on disk', at => ({ files: diskFiles, root: at })],
  ['in memory', () => ({ files: memoryFiles(), root: '/memory' })],
]

for (const [kind, open] of kinds) {
  t.test(`${kind}: a directory is made with those above it, and may be there already`, t => {
    const { files, root } = open(t.testdir())
    files.mkdir(join(root, 'a', 'b'))
    files.mkdir(join(root, 'a', 'b'))
    files.mkdir(join(root, 'a', 'c'))
    t.same(
      files
        .list(join(root, 'a'))
        .map(({ name }) => name)
        .sort(),
      ['b', 'c'],
    )
    t.end()
  })

  t.test(`${kind}: what is written is read back, longer or shorter than before`, t => {
    const { files, root } = open(t.testdir())
    files.mkdir(root)
    const path = join(root, 'file')
    t.equal(files.read(path), null)
    files.write(path, 'one')
    files.write(path, 'three')
    files.write(path, 'two')
    t.equal(files.read(path)?.toString(), 'two')
    files.rename(path, join(root, 'other'))
    t.notOk(files.exists(path))
    files.unlink(join(root, 'other'))
    t.same(files.list(root), [])
    t.end()
  })
}

t.test('a directory that the system will not make is an error at once', t => {
  t.throws(() => diskFiles.mkdir(join(t.testdir({ file: '' }), 'file', 'below')), { code: 'ENOTDIR' })
  if (existsSync('/proc/self')) t.throws(() => diskFiles.mkdir('/proc/ottla'), { code: 'ENOENT' })
  t.end()
})

t.test('what holds secrets can be read by its owner alone, and by the group where that shares the directory', t => {
  const root = t.testdir()
  const files = privateFiles(diskFiles)
  const modeOf = (path: string) => statSync(path).mode & 0o777
  const make = (name: string) => {
    const directory = join(root, name)
    files.mkdir(join(directory, 'secret'))
    files.file(join(directory, 'secret', 'log')).create()
    files.replace(join(directory, 'secret', 'saved'), 'x')
    return [directory, join(directory, 'secret'), join(directory, 'secret', 'log'), join(directory, 'secret', 'saved')]
  }
  const before = process.umask(0o002)
  t.teardown(() => process.umask(before))
  chmodSync(root, 0o755)
  diskFiles.mkdir(join(root, 'own'))
  chmodSync(join(root, 'own'), 0o755)
  t.same(make('own').map(modeOf), [0o755, 0o700, 0o600, 0o600])
  diskFiles.mkdir(join(root, 'shared'))
  chmodSync(join(root, 'shared'), 0o775)
  t.same(make('shared').map(modeOf), [0o775, 0o770, 0o660, 0o660])
  chmodSync(join(root, 'own', 'secret'), 0o755)
  files.mkdir(join(root, 'own', 'secret'))
  t.equal(modeOf(join(root, 'own', 'secret')), 0o700, 'also one that was made before')
  t.end()
})
