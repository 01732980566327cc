/** kafka-configs of users: what they log in by. */
import type { ToolCase, ToolDifference, ToolGroup } from '../case.ts'

const line = (args: string) => `kafka-configs --bootstrap-server $BOOTSTRAP ${args}`
const user = (name: string, args: string) => line(`--alter --entity-type users --entity-name ${name} ${args}`)

const hidden: ToolDifference = {
  of: '*password=*',
  in: 'stderr',
  ours: '*[hidden]*',
  by: 'ottla',
  reason: 'Passwords are not printed where a change of users is refused',
}
const unread: ToolDifference = {
  of: "*'SCRAM-SHA-256=*",
  in: 'stderr',
  ours: 'Invalid credential property SCRAM-SHA-256: write *',
  theirs: 'Invalid credential property SCRAM_SHA_256=*',
  by: 'ottla',
  reason:
    'Credentials that cannot be read are not repeated, as they may hold a password; it is said how they are written',
}

const tooMany: ToolDifference = {
  of: '*iterations=20000*',
  in: 'stderr',
  ours: 'Iterations 20000 is greater than *',
  by: 'ottla',
  reason: 'How many iterations there may be is said before the broker is asked',
}

const cases: readonly ToolCase[] = [
  {
    name: 'users: credentials set, described and deleted',
    differs: [hidden],
    run: [
      line('--describe --entity-type users'),
      user('alice', "--add-config 'SCRAM-SHA-256=[iterations=8192,password=secret],SCRAM-SHA-512=[password=secret]'"),
      user('bob', "--add-config 'SCRAM-SHA-256=[password=secret]'"),
      line('--describe --entity-type users'),
      line('--describe --entity-type users --entity-name alice'),
      line('--describe --user bob'),
      user('alice', '--delete-config SCRAM-SHA-256'),
      line('--describe --user alice'),
      user('alice', "--delete-config SCRAM-SHA-512 --add-config 'SCRAM-SHA-256=[iterations=5000,password=other]'"),
      line('--describe --user alice'),
      user('bob', '--delete-config SCRAM-SHA-256'),
      line('--describe --entity-type users'),
    ],
  },
  {
    name: 'users: credentials refused',
    differs: [tooMany, hidden, unread],
    run: [
      user('alice', "--add-config 'SCRAM-SHA-256=[iterations=100,password=secret]'"),
      user('alice', "--add-config 'SCRAM-SHA-256=[iterations=20000,password=secret]'"),
      user('alice', "--add-config 'SCRAM-SHA-256=[iterations=many,password=secret]'"),
      user('alice', "--add-config 'SCRAM-SHA-256=[iterations=8192]'"),
      user('alice', "--add-config 'SCRAM-SHA-256=[password=]'"),
      user('alice', "--add-config 'SCRAM-SHA-256=secret'"),
      user('alice', "--add-config 'SCRAM-SHA-256=[]'"),
      user('alice', "--add-config 'SCRAM-SHA-1=[password=secret]'"),
      user('alice', '--delete-config SCRAM-SHA-256'),
      user('alice', '--delete-config nonsense'),
      user('alice', '--add-config nonsense=1'),
      user('alice', "--delete-config SCRAM-SHA-256 --add-config 'SCRAM-SHA-256=[password=secret]'"),
      line("--alter --entity-type users --entity-default --add-config 'SCRAM-SHA-256=[password=secret]'"),
      line("--alter --user-defaults --add-config 'SCRAM-SHA-256=[password=secret]'"),
      line("--alter --entity-type users --add-config 'SCRAM-SHA-256=[password=secret]'"),
      line('--alter --user alice'),
      line('--describe --user unknown'),
      line('--describe --user-defaults'),
      line('--describe --entity-type users --entity-default'),
      line('--describe --entity-type users'),
    ],
  },
]

export const users: ToolGroup = { cases }
