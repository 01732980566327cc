/** kafka-client-metrics. */
import type { ToolGroup } from '../case.ts'

const line = (args: string) => `kafka-client-metrics --bootstrap-server $BOOTSTRAP ${args}`

export const clientMetrics: ToolGroup = {
  cases: [
    {
      name: 'client metrics: alter, describe, delete',
      masks: [[/config for [\w-]{22}\./g, 'config for <id>.']],
      run: [
        line('--list'),
        line('--describe'),
        line('--alter --name basic --metrics org.apache.kafka.producer. --interval 30000 --match "client_id=a.*"'),
        line('--alter --name all --metrics "*" --match "client_id=a.*,client_software_name=Java"'),
        { run: line('--list'), unordered: true },
        line('--describe --name basic'),
        line('--describe --name all'),
        line('--alter --name basic --interval='),
        line('--describe --name basic'),
        line('--describe --name nope'),
        line('--delete --name basic'),
        line('--delete --name nope'),
        line('--list'),
        line('--alter --generate-name --metrics a'),
      ],
    },
    {
      name: 'client metrics: what cannot be',
      differs: [
        {
          of: '*--alter --name a --*',
          in: 'stdout',
          ours: 'Error while executing client metrics command : *',
          reason: 'the broker says it in words of its own',
        },
      ],
      run: [
        line('--alter --name a --interval 5'),
        line('--alter --name a --interval x'),
        line('--alter --name a --interval'),
        line('--alter --name a --match nope=a'),
        line('--alter --name a --match client_id'),
        line('--alter --name a --match "client_id=("'),
        line('--alter'),
        line('--alter --name a --generate-name'),
        line('--delete'),
        line('--delete --name a --metrics b'),
        line('--list --name a'),
        line('--describe --metrics a'),
        line('--list --describe'),
        line(''),
        'kafka-client-metrics --list',
      ],
    },
  ],
}
