/** The environment of a container, as far as it was meant: shells lose variables whose names they could not write. */

/** Names that a shell can write; dash does not hand on any others. */
const shellName = /^[A-Za-z_][A-Za-z0-9_]*$/

/**
 * This process's variables, and those that were lost on the way to it: what `/proc/PID/environ` says of the processes above it, null where it
 * could not be read. Only variables that a shell loses are taken from there, as it may have changed or unset all others on purpose.
 */
export function environmentOf(
  own: Readonly<Record<string, string | undefined>>,
  above: readonly (string | null)[],
): Record<string, string> {
  const all: Record<string, string> = {}
  for (const text of above) {
    for (const assignment of text?.split('\0') ?? []) {
      const at = assignment.indexOf('=')
      const name = assignment.slice(0, Math.max(0, at))
      if (name.startsWith('KAFKA_') && !shellName.test(name)) all[name] = assignment.slice(at + 1)
    }
  }
  for (const [name, value] of Object.entries(own)) if (value !== undefined) all[name] = value
  return all
}
