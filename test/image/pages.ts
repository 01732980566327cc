/** What docs/image.md tells people to run, run one after the other. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Scenario } from '../../conformance/scenario.ts'
import { root } from '../sources.ts'
import { finished } from './engine.ts'
import type { Subject } from './main.ts'

export function pageScenarios({ engine, image }: Subject): Scenario[] {
  return [
    {
      name: 'every command of docs/image.md works',
      run: async () => {
        const page = readFileSync(join(root, 'docs', 'image.md'), 'utf8')
        const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block!)
        assert.ok(blocks.length > 0)
        // People type slower than a container starts; a script does not, so it waits until the broker serves.
        const started = `until command ${engine.program} exec "$name" ottla health; do command ${engine.program} inspect "$name" > /dev/null; done`
        const script = `
          docker() {
            case $1 in
              run)
                local all="$*"
                local name=\${all#*--name }
                name=\${name%% *}
                command ${engine.program} "\${@//ottla:0.1.0/${image}}"
                ${started}
                ;;
              *) command ${engine.program} "$@" ;;
            esac
          }
          ${blocks.join('\n')}`
        try {
          const { code, stdout, stderr } = await finished('bash', ['-ec', script])
          assert.equal(code, 0, stdout + stderr)
        } finally {
          // One by one: some engines remove none where one of them is not there.
          for (const name of ['kafka', 'other']) await finished(engine.program, ['rm', '--force', '--volumes', name])
          await finished(engine.program, ['volume', 'rm', 'kafka-data'])
        }
        return `${blocks.length} blocks`
      },
    },
  ]
}
