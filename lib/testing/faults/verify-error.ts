/** What `verify` throws. */
import type { MissedFault } from './options.ts'

/** Faults met less than was meant; the message says what came near. */
export class FaultVerifyError extends Error {
  override readonly name = 'FaultVerifyError'
  readonly missed: readonly MissedFault[]

  constructor(missed: readonly MissedFault[]) {
    const lines = missed.map(({ description, hits, nearest }) => {
      const came = nearest === null ? 'nothing came near' : `nearest was ${nearest}`
      return `${description}: met ${hits} times; ${came}`
    })
    super(`${missed.length} faults met less than was meant:\n${lines.join('\n')}`)
    this.missed = missed
  }
}
