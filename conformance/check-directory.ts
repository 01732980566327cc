/** The files of a data directory, looked at from outside while nobody writes to them. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { checkLog } from '../storage/check.ts'
import { diskFiles } from '../storage/files.ts'

/**
 * What is wrong in any log of the directory, a line for each finding. `closed`: no broker has it open, and the last one ended well.
 * `isDense` says of a partition's directory whether every offset is to be there, which compaction sees otherwise.
 */
export function checkLogDirectory(
  directory: string,
  closed: boolean,
  isDense = (name: string) => !name.startsWith('__'),
): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter(entry => entry.isDirectory() && /-\d+$/.test(entry.name))
    .flatMap(({ name }) => {
      const options = { dense: isDense(name), closed }
      return checkLog(diskFiles, join(directory, name), options).findings.map(finding => `${name}: ${finding}`)
    })
}
