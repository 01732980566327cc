/** Builds the console's page: a document, a script and a style, from console/, small enough to be in the package as they are. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Files by path, each `{ contentType, text, gzip }`. */
export async function builtPage() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: { console: join(root, 'console', 'main.tsx'), style: join(root, 'console', 'style.css') },
    bundle: true,
    write: false,
    outdir: root,
    format: 'esm',
    platform: 'browser',
    target: ['es2022', 'chrome110', 'firefox115', 'safari16'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'none',
    tsconfigRaw: '{}',
    logLevel: 'warning',
  })
  const [script, style] = ['.js', '.css'].map(end => outputFiles.find(({ path }) => path.endsWith(end)).text)
  const files = {
    '/': ['text/html; charset=utf-8', readFileSync(join(root, 'console', 'index.html'), 'utf8')],
    '/console.js': ['text/javascript; charset=utf-8', script],
    '/console.css': ['text/css; charset=utf-8', style],
  }
  return new Map(
    Object.entries(files).map(([path, [contentType, text]]) => [
      path,
      { contentType, text, gzip: gzipSync(text, { level: 9 }) },
    ]),
  )
}

/** For esbuild: lib/console/page.ts with the files in it, packed. */
export const pagePlugin = {
  name: 'console page',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]lib[\\/]console[\\/]page\.ts$/ }, async () => {
      const files = [...(await builtPage())].map(([path, { contentType, gzip }]) => [
        path,
        contentType,
        gzip.toString('base64'),
      ])
      const contents = `import { gunzipSync } from 'node:zlib'
        const files = ${JSON.stringify(files)}
        export async function pageFiles() {
          return new Map(files.map(([path, contentType, base64]) => {
            const gzip = Buffer.from(base64, 'base64')
            return [path, { contentType, gzip, text: gunzipSync(gzip).toString() }]
          }))
        }`
      return { contents, loader: 'js', resolveDir: root }
    })
  },
}
