/** Prometheus' text format read into figures: what `ottla metrics` shows. */

/** One series, or a whole distribution. */
export interface Figure {
  readonly name: string
  /** As they stand in the text, `{topic="orders"}`; empty where there are none. */
  readonly labels: string
  readonly type: string
  readonly value: number
  /** Of a distribution, whose value is its count: the sum, and counts up to each bound. */
  readonly spread: { readonly sum: number; readonly upTo: readonly (readonly [bound: number, count: number])[] } | null
}

/** The figures of a text, in its order. Lines that are none are left out. */
export function figuresIn(text: string): Figure[] {
  const types = new Map<string, string>()
  const figures: Figure[] = []
  const spreads = new Map<string, { sum: number; count: number; upTo: [number, number][]; at: number }>()
  for (const line of text.split('\n')) {
    const declared = /^# TYPE (\S+) (\S+)$/.exec(line)
    if (declared) types.set(declared[1]!, declared[2]!)
    const match = /^([a-zA-Z_:][\w:]*)(\{.*\})? (\S+)$/.exec(line)
    if (match === null) continue
    const [, name = '', labels = '', text = ''] = match
    const value = text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text)
    const part = /^(.*)_(bucket|sum|count)$/.exec(name)
    const base = part?.[1] ?? ''
    if (part === null || types.get(base) !== 'histogram') {
      figures.push({ name, labels, type: types.get(name) ?? 'untyped', value, spread: null })
      continue
    }
    const own = labels.replace(/,?le="[^"]*"\}$/, '}').replace(/^\{\}$/, '')
    const key = `${base}${own}`
    let spread = spreads.get(key)
    if (spread === undefined) {
      spread = { sum: 0, count: 0, upTo: [], at: figures.length }
      spreads.set(key, spread)
      const { upTo } = spread
      const told = spread
      figures.push({
        ...{ name: base, labels: own, type: 'histogram' },
        get value() {
          return told.count
        },
        spread: {
          get sum() {
            return told.sum
          },
          upTo,
        },
      })
    }
    if (part[2] === 'sum') spread.sum = value
    else if (part[2] === 'count') spread.count = value
    else spread.upTo.push([boundIn(labels), value])
  }
  return figures
}

function boundIn(labels: string): number {
  const bound = /le="([^"]*)"\}$/.exec(labels)?.[1] ?? ''
  return bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound)
}

/** The least bound that so great a part is below; null where there is nothing. `before` is taken off: what was there at an earlier look. */
export function quantileOf(now: Figure, before: Figure | null, part: number): number | null {
  const earlier = before?.spread?.upTo ?? []
  const upTo = (now.spread?.upTo ?? []).map(([bound, count], i) => [bound, count - (earlier[i]?.[1] ?? 0)] as const)
  const all = upTo.at(-1)?.[1] ?? 0
  if (all <= 0) return null
  return upTo.find(([, count]) => count >= all * part)![0]
}
