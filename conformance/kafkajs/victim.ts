/** A member of a group that is there to be killed: prints one line when it has joined. Arguments: bootstrap, topic, group. */
import { Client, collect } from './kafka.ts'

const [bootstrap, topic, group] = process.argv.slice(2) as [string, string, string]
const consumer = await new Client(bootstrap).consumer(group)
consumer.on(consumer.events.GROUP_JOIN, () => console.log('joined'))
await collect(consumer, [topic], [])
