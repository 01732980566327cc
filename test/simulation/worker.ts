/**
 * The process that `divide.ts` gives seeds once it said that it is ready. The module of the simulation and, where there is one, the
 * sabotage are its arguments.
 */
import type { Verdict } from './divide.ts'
import { simulationAt } from './simulation.ts'

const [module, sabotage] = process.argv.slice(2)
const simulation = await simulationAt(new URL(module!))

process.on('message', async (seed: number) => {
  process.send!(
    await simulation.run(seed, { sabotage }).then(
      () => null,
      (error: Error): Verdict => {
        // Where it was first noticed, in the project's own files.
        const where =
          error.stack?.split('\n').find(line => /^ +at .*\/(?:lib|storage|protocol|test)\//.test(line)) ?? ''
        return `${error.message}${where}`
      },
    ),
  )
})

process.send!(null)
