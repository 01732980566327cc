/**
 * A debug switch: with OTTLA_POISON=1 in the environment, memory that is given back to be used again is overwritten. Whoever still looks at
 * it then finds rubbish at once, instead of somebody else's bytes now and then.
 */

const byte = 0xdb
const isOn = process.env.OTTLA_POISON === '1'

/** Overwrites bytes that nobody may look at any more; without the switch, nothing. */
export function poison(memory: Uint8Array, from = 0, to = memory.length): void {
  if (isOn) memory.fill(byte, from, to)
}
