/** Errors as the operating system names them. */

/** An error with one of the system's codes, such as ECONNRESET, for twins of what the system does. */
export function systemErrorOf(code: string, message: string): Error & { readonly code: string } {
  return Object.assign(new Error(`${code}: ${message}`), { code })
}
