/** The names of SCRAM's mechanisms, for whoever computes nothing by them. */

/** The mechanisms, by Kafka's numbers, with the hash that each uses and the fewest iterations that Kafka takes. */
export const scramMechanisms = {
  'SCRAM-SHA-256': { number: 1, hash: 'sha256', hashBytes: 32 },
  'SCRAM-SHA-512': { number: 2, hash: 'sha512', hashBytes: 64 },
} as const

export type ScramMechanism = keyof typeof scramMechanisms

export function isScramMechanism(name: string): name is ScramMechanism {
  return Object.hasOwn(scramMechanisms, name)
}

/** The mechanism of Kafka's number, undefined where there is none. */
export function scramMechanismOf(number: number): ScramMechanism | undefined {
  return (Object.keys(scramMechanisms) as ScramMechanism[]).find(name => scramMechanisms[name].number === number)
}
