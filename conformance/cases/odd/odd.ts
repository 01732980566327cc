/** A case of odd values: one API's good request, and every variant of it, each answered by itself. */

import { toJson } from '../../../protocol/json.ts'
import { parseExact, stringifyExact } from '../../../protocol/json-text.ts'
import type { Api } from '../../../protocol/schema.ts'
import { comparable } from '../../compare.ts'
import { type Session, wholeRequest } from '../../session.ts'
import type { Case, Difference } from '../case.ts'
import { type Plain, variantsOf } from './variants.ts'

/** What a good request needs: names that no other variant has, and what was made for all of them. */
export interface Given<Made> {
  readonly session: Session
  readonly made: Made
  /** A name of this variant's own, which is not seen in the answers. */
  own(what: string): string
}

export interface Odd<Made> {
  readonly api: Api
  /** Tells it from others of the same API. */
  readonly what?: string
  /** The first version that the good request fits. */
  readonly since?: number
  /** Makes what all variants share. */
  readonly make?: (session: Session) => Promise<Made>
  /** The good request, with fields of all versions; called for each variant. */
  readonly good: (given: Given<Made>) => Plain | Promise<Plain>
  /** Which values are left out, for a reason that stands there. */
  readonly without?: (path: string, word: string) => boolean
  /** What of the answer is compared, where it tells of what others do on the broker. */
  readonly compared?: (answer: Plain, session: Session) => unknown
  readonly differs?: readonly Difference[]
}

/** A millisecond or two may be over when the request comes, or not. */
function isHardlyAnyTime(path: string, word: string): boolean {
  return path === 'timeoutMs' && (word === '1' || word === '2')
}

/** Kafka leaves some requests without an answer. No other takes that long. */
const answerMsMax = 2_000

export function oddCase<Made>({ api, what, since = 0, make, good, without, compared, differs }: Odd<Made>): Case {
  const run = async (session: Session) => {
    const made = make === undefined ? (undefined as Made) : await make(session)
    let number = 0
    const next = (): Given<Made> => {
      const at = ++number
      return { session, made, own: name => session.name(`${name}.${at}`) }
    }
    const ask = async (version: number, request: Plain, label: string) => {
      const whole = wholeRequest(api, request)
      const answer = await session.tell(api, version, whole, answerMsMax)
      const shown = typeof answer === 'string' ? answer : toJson(api.response, version, answer)
      const part = compared === undefined || typeof shown === 'string' ? shown : compared(shown as Plain, session)
      // Each answer by itself, lest one that differs makes all later ones differ.
      const text = stringifyExact(part).replaceAll(new RegExp(`\\.\\d+-${session.run}`, 'g'), `-${session.run}`)
      session.note(api.name, version, label, comparable([parseExact(text)], session.run)[0]!)
    }
    const [min, max] = session.spokenVersions(api)
    const versions = [Math.max(min, since), max] as const
    for (let version = versions[0]; version <= versions[1]; version++) {
      await ask(version, await good(next()), 'as it should be')
    }
    for (const { path, word, version, change } of variantsOf(api, await good(next()), versions, session.run)) {
      if (without?.(path, word) || isHardlyAnyTime(path, word)) continue
      await ask(version, change(await good(next())), `${path} = ${word}`)
    }
  }
  return { name: `odd values in ${api.name}${what === undefined ? '' : `, ${what}`}`, run, ...(differs && { differs }) }
}
