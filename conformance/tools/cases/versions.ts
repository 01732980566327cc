/** kafka-broker-api-versions. */
import type { ToolCase, ToolGroup } from '../case.ts'
import { ownHelp, ownVersion } from './shared.ts'

const cases: readonly ToolCase[] = [
  {
    name: 'broker-api-versions',
    differs: [
      ...ownHelp('*--help'),
      ownVersion('*--version'),
      {
        of: '*--bootstrap-server $BOOTSTRAP*',
        in: 'stdout',
        ours: '*',
        reason: 'Which versions a broker serves is another for another broker',
      },
    ],
    run: [
      'kafka-broker-api-versions --bootstrap-server $BOOTSTRAP',
      'kafka-broker-api-versions',
      'kafka-broker-api-versions --bootstrap-server',
      'kafka-broker-api-versions --bootstrap-server $BOOTSTRAP --nonsense',
      'kafka-broker-api-versions --bootstrap-server $BOOTSTRAP --command-config $DIR/client.properties',
      'kafka-broker-api-versions --command-config $DIR/client.properties',
      'kafka-broker-api-versions --version',
      'kafka-broker-api-versions --help',
    ],
    files: { 'client.properties': 'client.id=asker\n' },
  },
]

export const versions: ToolGroup = { cases }
