/**
 * What esbuild puts in the place of Node's globals, which are properties with getters: each use of one would be two calls. An import of
 * node:process calls all getters of process, which makes a stream of standard input for whoever reads none, and costs 5 ms.
 */
export { Buffer } from 'node:buffer'
export const { process } = globalThis
