/** Runs a file of the project that `transpile.mjs` built: `node --enable-source-maps scripts/built.mjs test/base/heap.test.ts`. */
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
// What runs takes itself for the source, so the command line names that.
process.argv.splice(1, 1)
process.argv[1] = resolve(process.argv[1])
const built = relative(root, process.argv[1]).replace(/\.ts$/, '.js')
await import(new URL(`../.tap/built/${built}`, import.meta.url).href)
