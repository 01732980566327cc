/** kafka-configs for quotas. */
import type { ToolGroup } from '../case.ts'

const line = (args: string) => `kafka-configs --bootstrap-server $BOOTSTRAP ${args}`
const set = (config: string, args: string) => line(`--alter --add-config ${config} ${args}`)
const unordered = (args: string) => ({ run: line(args), unordered: true })

export const quotas: ToolGroup = {
  cases: [
    {
      name: 'quotas: set, describe, delete',
      run: [
        set('producer_byte_rate=1024,consumer_byte_rate=2048', '--entity-type users --entity-name alice'),
        set('producer_byte_rate=1024', '--entity-type clients --entity-name app'),
        set(
          'request_percentage=50.5',
          '--entity-type users --entity-name alice --entity-type clients --entity-name app',
        ),
        set('controller_mutation_rate=1.5', '--entity-type users --entity-default'),
        set('producer_byte_rate=10', '--entity-type users --entity-name bob --entity-type clients --entity-default'),
        set('producer_byte_rate=10', '--entity-type users --entity-default --entity-type clients --entity-default'),
        set('producer_byte_rate=12345678', '--client-defaults'),
        set('connection_creation_rate=10', '--ip 127.0.0.1'),
        set('connection_creation_rate=10', '--ip-defaults'),
        unordered('--describe --entity-type users'),
        unordered('--describe --entity-type clients'),
        unordered('--describe --entity-type ips'),
        unordered('--describe --entity-type users --entity-type clients'),
        line('--describe --user alice'),
        line('--describe --user alice --client app'),
        line('--describe --user-defaults'),
        line('--describe --user-defaults --client-defaults'),
        line('--describe --client nope'),
        line('--describe --client app'),
        line('--describe --ip 127.0.0.1'),
        line('--describe --ip 127.0.0.9'),
        line('--describe --ip-defaults'),
        line('--alter --delete-config producer_byte_rate --user alice'),
        line('--alter --delete-config consumer_byte_rate --add-config request_percentage=200 --user alice'),
        line('--describe --user alice'),
      ],
    },
    {
      name: 'quotas: what cannot be',
      run: [
        set('nope=1', '--user alice'),
        set('nope=1', '--client app'),
        set('nope=1', '--ip 127.0.0.1'),
        set('producer_byte_rate=10', '--ip 127.0.0.1'),
        set('connection_creation_rate=10', '--ip nope'),
        set('connection_creation_rate=10.5', '--ip 127.0.0.1'),
        set('producer_byte_rate=x', '--user alice'),
        set('producer_byte_rate=-1', '--user alice'),
        set('producer_byte_rate=0', '--user alice'),
        set('producer_byte_rate=1.5', '--user alice'),
        set('request_percentage=0', '--user alice'),
        line('--alter --delete-config producer_byte_rate --user nobody'),
        line('--alter --delete-config nope --user alice'),
        set('SCRAM-SHA-256=[password=abc],producer_byte_rate=5', '--user alice'),
        set('SCRAM-SHA-256=[password=abc]', '--user alice --client x'),
        set('producer_byte_rate=10', '--entity-type users'),
        set('producer_byte_rate=10', '--entity-type users --entity-type topics'),
        set('producer_byte_rate=10', '--entity-type ips --entity-name 1.1.1.1 --entity-type users --entity-name b'),
        line('--describe --user alice --entity-type clients'),
        line('--alter --user alice'),
      ],
    },
  ],
}
