/** What a broker tells Prometheus, read into figures. */

/** Series by what stands before their value: `name{label="value"}`. */
export class Scrape {
  readonly text: string
  readonly #series: ReadonlyMap<string, number>

  constructor(text: string) {
    this.text = text
    const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
    this.#series = new Map(
      lines.map(line => {
        const at = line.lastIndexOf(' ')
        return [line.slice(0, at), Number(line.slice(at + 1))] as const
      }),
    )
  }

  static async of({ http }: { readonly http: string | null }, query = ''): Promise<Scrape> {
    const response = await fetch(`http://${http}/metrics${query}`)
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
    return new Scrape(await response.text())
  }

  /** Null where there is no such series. */
  value(series: string): number | null {
    return this.#series.get(series) ?? null
  }

  /** The series that begin so. */
  named(start: string): Record<string, number> {
    return Object.fromEntries([...this.#series].filter(([series]) => series.startsWith(start)))
  }

  /** The names of all of them. */
  names(): Set<string> {
    return new Set([...this.#series.keys()].map(series => series.split('{', 1)[0]!))
  }
}
