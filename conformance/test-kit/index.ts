/** What clients of several languages do when a broker for tests is broken, turned in time, or set back on purpose. */
import { franzConsumer, franzProducer } from '../clients/franz.ts'
import { pythonProgram } from '../clients/python.ts'
import { runScenarios, type Scenario } from '../scenario.ts'
import { javaProgram } from '../transactions/java.ts'
import { consumerPlays } from './consumers.ts'
import { producerPlays } from './producers.ts'
import { resetPlays } from './resets.ts'
import { consumed, type Play, type Programs, produced } from './stage.ts'
import { ageingPlays, memberPlays } from './times.ts'

const requestMs = '1500'

/** Answers how many scenarios failed. Words choose clients by their names, or scenarios by words of theirs. */
export async function testKit({ rest }: { readonly rest: readonly string[] }): Promise<number> {
  const names = ['java', 'confluent-kafka', 'franz-go']
  const chosen = rest.filter(word => names.includes(word))
  const words = rest.filter(word => !names.includes(word))
  const all = clients()
    .filter(({ name }) => chosen.length === 0 || chosen.includes(name))
    .flatMap(({ name, programs }) => {
      const scenarioOf = <Stage>(
        play: Play<Stage>,
        who: string,
        run: (programs: Programs, play: Play<Stage>) => Promise<string | undefined>,
      ): Scenario => ({
        name: `${name}'s ${who} ${play[0]}`,
        ...(typeof programs === 'string' ? { skipped: programs } : {}),
        run: () => run(programs as Programs, play),
      })
      return [
        ...[...producerPlays, ...ageingPlays].map(play => scenarioOf(play, 'producer', produced)),
        ...[...consumerPlays, ...memberPlays].map(play => scenarioOf(play, 'consumer', consumed)),
        ...resetPlays.map(play => scenarioOf(play, 'pair', produced)),
      ]
    })
    .filter(({ name }) => words.every(word => name.includes(word)))
  return runScenarios('clients against a broker that is broken on purpose', all)
}

/** Each with its programs, or why there are none. */
function clients(): { readonly name: string; readonly programs: Programs | string }[] {
  const [javaProducer, javaMember] = [javaProgram('Producer'), javaProgram('Member')]
  const [pythonProducer, pythonMember] = [pythonProgram('transactional.py'), pythonProgram('confluent.py')]
  const [goProducer, goMember] = [franzProducer(requestMs), franzConsumer()]
  const programs = {
    java: missing(javaProducer, javaMember) ?? {
      producer: bootstrap => called(javaProducer)([bootstrap, requestMs]),
      member: (...words) => called(javaMember)(words),
    },
    'confluent-kafka': missing(pythonProducer, pythonMember) ?? {
      producer: bootstrap => called(pythonProducer)([bootstrap, requestMs]),
      member: (...words) => called(pythonMember)(['consume', ...words]),
    },
    'franz-go': missing(goProducer, goMember) ?? {
      producer: called(goProducer),
      member: (...words) => {
        const { command, args } = called(goMember)
        return { command, args: [...args, ...words, 'classic'] }
      },
    },
  } satisfies Readonly<Record<string, Omit<Programs, 'name'> | string>>
  return Object.entries(programs).map(([name, each]) => ({
    name,
    programs: typeof each === 'string' ? each : { name, ...each },
  }))
}

function missing(...programs: readonly unknown[]): string | undefined {
  return programs.find(program => typeof program === 'string') as string | undefined
}

/** One of which `missing` has found that it is there. */
function called<Program>(program: Program | string): Program {
  return program as Program
}
