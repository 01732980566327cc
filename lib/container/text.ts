/** Properties as text: how a variable's value is read, and how a file is written. */
import { members } from '../config/java-text.ts'
import { parseProperties } from '../config/properties.ts'

/** By this line a file is known as one that was made here, and is made anew. */
export const madeHere = '# Made by ottla container configure of the environment; changes in it are lost.'

/**
 * What the images' property files would make of a variable's value: a backslash escapes, blanks before it are left out. A line break would
 * end the property there; here it is kept.
 */
export function valueIn(text: string): string {
  const whole = text.replace(/(\\*)(\r?\n)/g, (all, backslashes: string, end: string) =>
    backslashes.length % 2 === 1 ? all : `${backslashes}${end === '\n' ? '\\n' : '\\r\\n'}`,
  )
  return parseProperties(`value=${whole}`).value
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\f': '\\f' }

/** One line of a property file. */
export function lineOf(name: string, value: string): string {
  const plain = (text: string) => text.replace(/[\\\n\r\t\f]/g, character => escapes[character])
  return `${plain(name).replace(/[ :=#!]/g, '\\$&')}=${plain(value).replace(/^ /, '\\ ')}`
}

/** A list without its empty members; the text as it is where it has none. */
export function withoutEmptyMembers(text: string): string {
  const all = members(text)
  return all.includes('') ? all.filter(member => member !== '').join(',') : text
}
