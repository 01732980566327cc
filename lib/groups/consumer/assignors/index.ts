/** The assignors that there are, by the names that clients ask for. */
import type { Assignor } from './assignor.ts'
import { range } from './range.ts'
import { uniform } from './uniform.ts'

export const assignors: Readonly<Record<string, Assignor>> = { uniform, range }
