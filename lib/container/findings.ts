/** What a translation has found so far. */

/** A property, and what set it: a variable, or a file. */
export interface Setting {
  readonly value: string
  readonly origin: string
}

export class Findings {
  readonly settings = new Map<string, Setting>()
  /** Sentences for people, each about a variable or a file: what was ignored, or is not as it was meant. */
  readonly warnings: string[] = []
  /** What was accepted without an effect, and what was decided. */
  readonly debug: string[] = []
  /** Why there can be no start. */
  readonly errors: string[] = []

  get(name: string): string | undefined {
    return this.settings.get(name)?.value
  }

  set(name: string, value: string, origin: string): void {
    this.settings.set(name, { value, origin })
  }

  /** Sets what nobody has set. */
  setIfNew(name: string, value: string, origin: string): void {
    if (!this.settings.has(name)) this.set(name, value, origin)
  }
}
