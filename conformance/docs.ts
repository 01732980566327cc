/** `npm run docs`: writes what is derived from the code, the lists in skipped.md and docs/configuration.md. */
import { writeConfiguration } from './configuration.ts'
import { skipped } from './skipped.ts'

await skipped()
writeConfiguration()
