/** A file in the syntax of server.properties, as the command line names it. */
import { diskFiles } from '../../storage/files.ts'
import { parseProperties } from '../config/properties.ts'
import { UsageError } from './io.ts'

export function readProperties(path: string): Record<string, string> {
  let content: Buffer | null
  try {
    content = diskFiles.read(path)
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`)
  }
  if (content === null) throw new UsageError(`there is no properties file ${path}; leave it out for the defaults`)
  return parseProperties(content.toString('utf8'))
}
