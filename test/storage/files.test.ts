/** The file system as the log sees it: the real one and the one in memory answer alike. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { diskFiles, type Files, memoryFiles } from '../../storage/files.ts'

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
