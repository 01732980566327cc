/** kafka-acls, at brokers that have an authorizer. */
import { authorizesNobody } from '../../cases/security-settings.ts'
import type { ToolCase, ToolDifference, ToolGroup } from '../case.ts'
import { ownConnecting, ownHelp, ownVersion, ownWords, saidInstead } from './shared.ts'

const line = (args: string) => `kafka-acls --bootstrap-server $BOOTSTRAP ${args}`
/** Rules are printed as they come out of a set. */
const some = (args: string, stdin?: string) => ({ run: line(args), stdin, unordered: true })

/** Which operations a resource has, in no order. */
const masks = [
  [/only supports operations \[.*\]/g, 'only supports operations [<operations>]'],
  // The first of rules that come out of a set stands behind a blank.
  [/^ \t\(principal=/g, '\t(principal='],
  // The class of an error before what it says.
  [/^(Error while executing ACL command: )(?:[a-z]\w*\.)+\w+: /g, '$1'],
] as const

const asked = {
  of: '*--remove *',
  by: 'ottla',
  reason: 'kafka-acls asks before it removes also where standard input is no terminal; Kafka’s fails there',
} as const
const askedDiffers: readonly ToolDifference[] = [
  { ...asked, in: 'code', ours: '0', theirs: '1' },
  { ...asked, in: 'stdout', ours: '', theirs: '*Cannot invoke "java.io.Console.readLine()"*' },
]

const cases: readonly ToolCase[] = [
  {
    name: 'acls: added, listed, removed',
    masks,
    run: [
      some('--list'),
      some('--add --allow-principal User:alice --operation Read --topic orders'),
      some('--list'),
      some('--list --topic orders'),
      some('--list --topic other'),
      some(
        '--add --allow-principal User:alice --allow-principal User:bob --operation Read --operation Write --topic orders --topic bills',
      ),
      some('--list --topic orders --topic bills'),
      some('--list --principal User:bob'),
      some('--list --principal User:bob --principal User:alice --topic bills'),
      some('--remove --allow-principal User:alice --operation Read --topic orders --force'),
      some('--list --topic orders'),
      some('--remove --topic orders --force'),
      some('--list'),
      some('--remove --topic missing --force'),
      some('--remove --topic bills --force'),
      some('--list'),
    ],
  },
  {
    name: 'acls: asked before they are removed',
    masks,
    differs: askedDiffers,
    run: [
      some('--add --allow-principal User:alice --operation Read --topic orders'),
      some('--remove --allow-principal User:alice --operation Read --topic orders', 'n\n'),
      some('--list'),
      some('--remove --topic orders', 'n\n'),
      some('--remove --allow-principal User:alice --producer --topic orders', 'n\n'),
      some('--list'),
    ],
  },
  {
    name: 'acls: producers and consumers',
    masks,
    run: [
      some('--add --allow-principal User:p --producer --topic orders'),
      some('--add --allow-principal User:q --producer --topic orders --transactional-id t --idempotent'),
      some('--add --allow-principal User:c --consumer --topic orders --group readers'),
      some('--add --allow-principal User:d --producer --consumer --topic orders --group readers'),
      some('--list'),
      some('--add --allow-principal User:p --producer --topic orders'),
      some('--remove --allow-principal User:c --consumer --topic orders --group readers --force'),
      some('--list --topic orders'),
      some('--add --allow-principal User:c --consumer --topic orders'),
      some('--add --allow-principal User:c --consumer --group readers'),
      some('--add --allow-principal User:c --producer'),
      some('--add --allow-principal User:c --producer --topic orders --operation Read'),
      some('--add --deny-principal User:c --producer --topic orders'),
      some('--add --allow-principal User:c --producer --topic orders --deny-host 10.0.0.1'),
      some('--add --allow-principal User:c --idempotent --topic orders'),
    ],
  },
  {
    name: 'acls: hosts, denials and every resource',
    masks,
    run: [
      some('--add --deny-principal User:eve --operation All --topic orders'),
      some('--add --deny-principal User:eve --deny-host 10.0.0.1 --deny-host 10.0.0.2 --operation Describe --cluster'),
      some('--add --allow-principal User:a --allow-host 10.0.0.3 --operation DescribeConfigs --topic "*"'),
      some('--add --allow-principal User:a --operation Alter --cluster'),
      some('--add --allow-principal User:a --operation Alter --cluster kafka-cluster'),
      some('--add --allow-principal User:a --operation Read --group "*"'),
      some('--add --allow-principal User:a --operation Write --transactional-id t'),
      some('--add --allow-principal User:a --operation TwoPhaseCommit --transactional-id t'),
      some('--add --allow-principal User:a --operation Describe --delegation-token tok'),
      some('--add --allow-principal User:a --operation CreateTokens --user-principal User:b'),
      some('--add --allow-principal "User:*" --operation All --topic all'),
      some('--add --allow-principal "User:CN=a,O=b" --operation Read --topic orders'),
      some('--add --allow-principal User:a --topic whatever'),
      some('--list'),
      some('--list --cluster'),
      some('--list --group "*"'),
      some('--list --transactional-id t'),
      some('--list --user-principal User:b'),
      some('--list --delegation-token tok'),
      some('--list --topic "*"'),
      some('--add --allow-principal User:a --cluster --resource-pattern-type prefixed --user-principal User:z'),
      some('--list --user-principal User:z --resource-pattern-type prefixed'),
      some('--remove --producer --topic orders --force'),
      some('--list --topic orders'),
    ],
  },
  {
    name: 'acls: patterns',
    masks,
    run: [
      some('--add --allow-principal User:a --operation Read --topic ord --resource-pattern-type prefixed'),
      some('--add --allow-principal User:a --operation Read --topic orders'),
      some('--add --allow-principal User:a --operation Read --topic "*"'),
      some('--list --topic orders'),
      some('--list --topic orders --resource-pattern-type match'),
      some('--list --topic ord --resource-pattern-type any'),
      some('--list --topic ord --resource-pattern-type PREFIXED'),
      some('--list --resource-pattern-type prefixed'),
      some('--add --allow-principal User:a --operation Read --topic x --resource-pattern-type match'),
      some('--add --allow-principal User:a --operation Read --topic x --resource-pattern-type any'),
      some('--add --allow-principal User:a --operation Read --topic x --resource-pattern-type unknown'),
      some('--add --allow-principal User:a --operation Read --topic x --resource-pattern-type nonsense'),
      some('--remove --topic orders --resource-pattern-type match --force'),
      some('--remove --allow-principal User:a --operation Read --topic x --resource-pattern-type match --force'),
      some('--list'),
    ],
  },
  {
    name: 'acls: command lines that make no sense',
    differs: [
      ...ownHelp('*--help'),
      ownVersion('*--version'),
      ...ownConnecting('*missing.properties', { onStdout: true }),
      ...ownConnecting('*--bootstrap-server nowhere*', { onStdout: true }),
      saidInstead('*--authorizer-properties*'),
    ],
    masks,
    files: { 'client.properties': 'client.id=keeper\n' },
    run: [
      line(''),
      line('--list --add'),
      line('--add'),
      line('--add --topic orders'),
      line('--add --allow-principal User:a --operation Read'),
      line('--add --allow-principal alice --operation Read --topic orders'),
      line('--add --allow-principal User: --operation Read --topic orders'),
      line('--add --allow-principal Group:a --operation Read --topic orders'),
      line('--add --allow-principal User:a --operation Nonsense --topic orders'),
      line('--add --allow-principal User:a --operation IdempotentWrite --topic orders'),
      line('--add --allow-principal User:a --operation Create --group g'),
      line('--add --allow-principal User:a --operation Any --topic orders'),
      line('--add --allow-principal User:a --allow-host 10.0.0.1 --deny-host 10.0.0.2 --operation Read --topic orders'),
      line('--add --deny-principal User:a --allow-host 10.0.0.1 --operation Read --topic orders'),
      line('--add --allow-principal User:a --operation Read --topic ""'),
      line('--remove --force'),
      line('--remove --allow-principal User:a --topic orders --force'),
      line('--remove --operation Read --topic orders --force'),
      line('--list --operation Read'),
      line('--list --principal alice'),
      line('--list --principal User:a --nonsense'),
      line('--list --topic'),
      line('--list --command-config $DIR/client.properties'),
      line('--list --command-config $DIR/missing.properties'),
      line('--list --bootstrap-controller $BOOTSTRAP'),
      line('--list --producer'),
      line('--list --allow-principal User:a'),
      line('--add --allow-principal User:a --principal User:b --topic orders'),
      line('--add --allow-principal User:a --operation describe_configs --topic orders'),
      line('--add --allow-principal User:a --operation describeconfigs --topic " orders "'),
      line('--list --principal User:none'),
      line('--remove --consumer --topic orders --force'),
      'kafka-acls --list',
      'kafka-acls',
      'kafka-acls --version',
      'kafka-acls --help',
      'kafka-acls --bootstrap-server nowhere --list',
      'kafka-acls --authorizer-properties zookeeper.connect=localhost:2181 --list',
    ],
  },
]

export const acls: ToolGroup = {
  settings: authorizesNobody,
  cases,
}

/** Where there is no authorizer. */
export const aclsOff: ToolGroup = {
  cases: [
    {
      name: 'acls: without an authorizer',
      masks,
      differs: [ownWords('stdout', 'Error while executing ACL command: ')],
      run: [
        line('--list'),
        line('--add --allow-principal User:alice --operation Read --topic orders'),
        line('--remove --topic orders --force'),
      ],
    },
  ],
}
