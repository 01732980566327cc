/** What esbuild puts in the place of Node's globals, which are properties with getters: each use of one would be two calls. */
export { Buffer } from 'node:buffer'
export { default as process } from 'node:process'
