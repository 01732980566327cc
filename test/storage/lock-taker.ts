/** A process that takes locks of directories when its parent names them, and says what came of it. Its first argument is how it tells processes apart. */
import { diskFiles } from '../../storage/files.ts'
import { DirectoryLock } from '../../storage/lock.ts'
import { commandProcesses, procProcesses } from '../../storage/processes.ts'

const processes = process.argv[2] === 'proc' ? procProcesses(diskFiles, process.pid) : commandProcesses()
const locks = new Map<string, DirectoryLock>()

function carryOut(word: string, directory: string): string {
  if (word === 'release') {
    locks.get(directory)?.release()
    return 'released'
  }
  let warning = ''
  const warn = (message: string) => {
    warning = `: ${message}`
  }
  try {
    locks.set(directory, DirectoryLock.take(diskFiles, directory, { processes, warn }))
    return `taken by ${process.pid}${warning}`
  } catch (error) {
    return (error as Error).message
  }
}

process.on('message', ([word, directory]: [string, string]) => process.send!(carryOut(word, directory)))
process.send!('ready')
