/** A file in the syntax of server.properties, as the command line names it. */
import { diskFiles } from '../../storage/files.ts'
import { parseProperties } from '../config/properties.ts'
import { UsageError } from './io.ts'

export function readProperties(path: string): Record<string, string> {
  const content = diskFiles.read(path)
  if (content === null)
    throw new UsageError(`there is no properties file ${path}; name one, or leave it out for the defaults`)
  return parseProperties(content.toString('utf8'))
}
