/**
 * What was answered to a question, by who asked: each different answer is written once and has a letter, and a row of the matrix is a
 * string of letters, one for each right in the order of `rights`.
 */
import { parseExact, stringifyExact } from '../../protocol/json-text.ts'
import { rightName, rights } from './rights.ts'

export interface Table {
  readonly answers: Readonly<Record<string, unknown>>
  readonly rows: Readonly<Record<string, string>>
}

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** The order in which rows are read. */
export const columns: readonly string[] = rights.map(rightName)
const stood = 'others'

/** From the answers in the order of those who asked. */
export function tableOf(answers: readonly string[], rowNames: readonly string[]): Table {
  const letterOf = new Map<string, string>()
  const text = answers
    .map(answer => {
      const letter = letterOf.get(answer) ?? letters[letterOf.size]
      if (letter === undefined) throw new Error('there are more different answers than letters')
      letterOf.set(answer, letter)
      return letter
    })
    .join('')
  const rows = rowNames.map((name, at) => [name, text.slice(at * rights.length, (at + 1) * rights.length)])
  return {
    answers: Object.fromEntries([...letterOf].map(([answer, letter]) => [letter, parseExact(answer)])),
    rows: Object.fromEntries([...rows, [stood, text.slice(rowNames.length * rights.length)]]),
  }
}

/** The answers in the order of those who asked. */
export function answersIn({ answers, rows }: Table, rowNames: readonly string[]): readonly string[] {
  const text = [...rowNames, stood].map(name => rows[name] ?? '').join('')
  return [...text].map(letter => stringifyExact(answers[letter]))
}
