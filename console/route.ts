/** Which page is shown: it stands behind the # of the address, so that links, the back button and bookmarks work wherever the page lies. */
import { type Params, pathOf } from './api.ts'
import { useEffect, useMemo, useState } from './preact.ts'

export interface Route {
  /** The decoded steps, as in `['topics', 'orders', 'records']`. */
  readonly steps: readonly string[]
  readonly query: URLSearchParams
}

function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  const steps = path.split('/').filter(step => step !== '')
  return { steps: steps.map(decoded), query: new URLSearchParams(query) }
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step)
  } catch {
    return step
  }
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const changed = () => setHash(location.hash)
    addEventListener('hashchange', changed)
    // This runs a frame after the page was first drawn, and the address may have changed in between.
    changed()
    return () => removeEventListener('hashchange', changed)
  }, [])
  return useMemo(() => routeOf(hash), [hash])
}

/** The address of a page. */
export function linkTo(steps: readonly (string | number)[], params: Params = {}): string {
  return `#/${pathOf(steps, params)}`
}

/** Goes to a page; `replace` leaves the one before out of the history. */
export function goTo(steps: readonly (string | number)[], params: Params = {}, replace = false): void {
  const link = linkTo(steps, params)
  if (replace) location.replace(link)
  else location.hash = link
}
