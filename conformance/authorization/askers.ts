/** Who asks: a user for each set of access rules. Those of a row have a rule set for each right; others stand for themselves. */
import { type Draft, everything, type Right, type Rule, rightName, rights, rulesOn, type Way } from './rights.ts'

/** Who may do what. */
export interface Asker {
  /** The row and column of the rules, or their name where they stand for themselves. */
  readonly name: string
  readonly user: string
  readonly rules: readonly Rule[]
}

/** How a row makes a rule set of a right, and in which ways. */
type Row = readonly [name: string, ways: readonly Way[], of: (right: Right, way: Way) => readonly Draft[]]
type Singles = Readonly<Record<string, readonly Draft[]>>

/** Users of one broker. */
export interface Population {
  /** Where what Kafka answers them is recorded. */
  readonly file: string
  readonly title: string
  /** Properties of the broker. */
  readonly settings: Readonly<Record<string, string>>
  /** The rows of the matrix. */
  readonly rowNames: readonly string[]
  /** Row by row, then those that stand for themselves. */
  readonly askers: readonly Asker[]
}

const elsewhere = '192.0.2.1'
const here = '127.0.0.1'

const usual: Singles = {
  nothing: [],
  'everything, literal': everything('literal'),
  'everything, prefixed': everything('prefixed'),
  'everything, wildcard': everything('wildcard'),
  'everything, denied literal': [...everything('wildcard'), ...everything('literal', 'deny')],
  'everything, denied prefixed': [...everything('wildcard'), ...everything('prefixed', 'deny')],
  'everything, denied wildcard': [...everything('wildcard'), ...everything('wildcard', 'deny')],
  'everything from here': everything('wildcard', 'allow', here),
  'everything from elsewhere': everything('wildcard', 'allow', elsewhere),
  'everything, denied from here': [...everything('wildcard'), ...everything('wildcard', 'deny', here)],
  'everything, denied from elsewhere': [...everything('wildcard'), ...everything('wildcard', 'deny', elsewhere)],
  // The cluster has no longer name.
  'only a longer name': rights
    .filter(({ type }) => type !== 'cluster')
    .flatMap(right =>
      rulesOn(right, 'literal').map(rule => ({ ...rule, resourceName: `${rule.resourceName}-longer` })),
    ),
}

const usualRows: readonly Row[] = [
  ['only', ['literal', 'wildcard'], (right, way) => rulesOn(right, way)],
  [
    'all but',
    ['literal', 'prefixed', 'wildcard'],
    (right, way) => rights.filter(other => other !== right).flatMap(other => rulesOn(other, way)),
  ],
  ['denied', ['literal', 'prefixed'], (right, way) => [...everything('wildcard'), ...rulesOn(right, way, 'deny')]],
]

/** Without wildcards, by which there would be rules for everything. */
const fewRows: readonly Row[] = [
  ['only', ['literal', 'prefixed'], (right, way) => rulesOn(right, way)],
  ['denied', ['literal', 'prefixed'], (right, way) => rulesOn(right, way, 'deny')],
]

const few: Singles = {
  nothing: [],
  'everything, literal': everything('literal'),
  'everything, prefixed': everything('prefixed'),
  'everything, denied literal': everything('literal', 'deny'),
  'everything, denied prefixed': everything('prefixed', 'deny'),
}

function populationOf(
  rows: readonly Row[],
  singles: Singles,
  about: Pick<Population, 'file' | 'title' | 'settings'>,
): Population {
  const ofRows = rows.flatMap(([row, ways, of]) =>
    ways.flatMap(way => rights.map(right => [`${row}, ${way}: ${rightName(right)}`, of(right, way)] as const)),
  )
  const askers = [...ofRows, ...Object.entries(singles)].map(([name, rules], at) => {
    const user = `user-${at}`
    return { name, user, rules: rules.map(rule => ({ ...rule, principal: `User:${user}` })) }
  })
  return { ...about, rowNames: rows.flatMap(([row, ways]) => ways.map(way => `${row}, ${way}`)), askers }
}

export const populations: readonly Population[] = [
  populationOf(usualRows, usual, { file: 'authorization', title: 'by rules', settings: {} }),
  populationOf(fewRows, few, {
    file: 'authorization-open',
    title: 'what has no rules is open to all',
    settings: { 'allow.everyone.if.no.acl.found': 'true' },
  }),
]
