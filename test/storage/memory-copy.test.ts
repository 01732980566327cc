/** Copies of the file system in memory: each has what was there, and nothing that the other writes later. */
import t from 'tap'
import { memoryFiles } from '../../storage/memory-files.ts'

const pieceBytes = 256 * 1024

t.test('a copy and its original do not see what the other writes, in shared pieces and behind them', async t => {
  for (const bytes of [10, pieceBytes, 2 * pieceBytes + 10]) {
    const first = memoryFiles()
    first.mkdir('/d')
    first.write('/d/f', Buffer.alloc(bytes, 'a'))
    const second = first.copy()
    first.file('/d/f').writev([Buffer.from('first')], bytes - 5)
    second.file('/d/f').writev([Buffer.from('second')], bytes)
    second.file('/d/f').writev([Buffer.from('x')], 0)
    const expected = Buffer.alloc(bytes, 'a')
    expected.write('first', bytes - 5)
    t.ok(first.read('/d/f')!.equals(expected), `${bytes} bytes of the first`)
    const other = Buffer.concat([Buffer.alloc(bytes, 'a'), Buffer.from('second')])
    other.write('x', 0)
    t.ok(second.read('/d/f')!.equals(other), `${bytes} bytes of the second`)
  }
})

t.test('what is cut, removed or made in one is as it was in the other', async t => {
  const first = memoryFiles()
  first.mkdir('/d')
  first.write('/d/cut', Buffer.alloc(pieceBytes + 100, 'a'))
  first.write('/d/gone', 'gone')
  const second = first.copy()
  second.file('/d/cut').truncate(50)
  second.file('/d/cut').writev([Buffer.alloc(100, 'b')], 50)
  second.unlink('/d/gone')
  second.write('/d/made', 'made')
  t.ok(first.read('/d/cut')!.equals(Buffer.alloc(pieceBytes + 100, 'a')))
  t.equal(first.read('/d/gone')!.toString(), 'gone')
  t.notOk(first.exists('/d/made'))
  t.equal(second.read('/d/cut')!.toString(), 'a'.repeat(50) + 'b'.repeat(100))
})
