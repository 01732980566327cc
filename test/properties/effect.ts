/** How tests of properties see an effect: by default, where the whole broker has the property, and where one topic has it. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { diskFiles } from '../../storage/files.ts'
import { Turned } from '../turned-broker.ts'

/** Properties by name. */
export type Settings = Record<string, string>

/** A property, and how its effect is seen. */
export interface Effect {
  readonly ofBroker: Settings
  /** The same for one topic; left out where only the broker has it. */
  readonly ofTopic?: Settings
  /** What all brokers and topics of the test have. */
  readonly always?: { readonly ofBroker?: Settings; readonly ofTopic?: Settings }
  /** Whether files are on a disk. */
  readonly onDisk?: boolean
  /** What is seen. */
  readonly see: (broker: Turned, topic: string) => Promise<unknown>
  readonly byDefault: unknown
  readonly set: unknown
}

/** Sees the effect three times: by default, where the broker has the property, and where one topic has it. */
export async function effect(t: Test, { ofBroker, ofTopic, always = {}, onDisk, see, byDefault, set }: Effect) {
  const brokers: Settings = always.ofBroker ?? {}
  const directory = onDisk ? temporary(t) : null
  const start = (properties: Settings, name: 'plain' | 'set') =>
    directory === null
      ? Turned.start(t, { ...brokers, ...properties })
      : Turned.start(t, { ...brokers, ...properties, 'log.dirs': join(directory, name) }, { files: diskFiles })
  const plain = await start({}, 'plain')
  await plain.create('plain', always.ofTopic)
  t.same(await see(plain, 'plain'), byDefault, 'by default')
  if (ofTopic !== undefined) {
    await plain.create('own', { ...always.ofTopic, ...ofTopic })
    t.same(await see(plain, 'own'), set, JSON.stringify(ofTopic))
  }
  const other = await start(ofBroker, 'set')
  await other.create('inherits', always.ofTopic)
  t.same(await see(other, 'inherits'), set, JSON.stringify(ofBroker))
}

/** Outlives the brokers of the test, which are stopped when it is over. */
function temporary(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'properties-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  for (const name of ['plain', 'set']) mkdirSync(join(directory, name))
  return directory
}
