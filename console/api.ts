/** How the page asks its broker. Paths are relative, so that all works below whatever path a proxy puts it. */
import type { Refusal } from '../lib/console/answers.ts'
import { useCallback, useEffect, useRef, useState } from './preact.ts'

/** Why something could not be had. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string | null
  readonly needsLogin: boolean

  constructor(status: number, { error, code, needsLogin }: Refusal) {
    super(error)
    this.status = status
    this.code = code ?? null
    this.needsLogin = needsLogin ?? false
  }
}

export type Params = Readonly<Record<string, string | number | boolean | null | undefined>>

/** A path of the interface: names are encoded, and what is empty of the query is left out. */
export function pathOf(names: readonly (string | number)[], params: Params = {}): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) {
    if (value === null || value === undefined || value === '' || value === false) continue
    query.set(name, value === true ? '1' : String(value))
  }
  const text = query.toString()
  return `${names.map(name => encodeURIComponent(name)).join('/')}${text === '' ? '' : `?${text}`}`
}

/** Rejects with ApiError, or with the signal's reason. */
export async function ask<T>(
  path: string,
  { signal, method = 'GET', body }: RequestInit = {},
  below = 'api',
): Promise<T> {
  try {
    const response = await fetch(`${below}/${path}`, {
      ...{ method, signal: signal ?? null, credentials: 'same-origin' },
      ...(method === 'GET' ? {} : { headers: { 'content-type': 'application/json' }, body: body ?? '{}' }),
    })
    // A proxy may refuse in words of its own; half an answer of the broker is none.
    const answer: unknown = response.ok
      ? await response.json()
      : await response.json().catch(() => ({ error: `the broker answered with status ${response.status}` }))
    if (response.ok) return answer as T
    throw new ApiError(response.status, answer as Refusal)
  } catch (error) {
    if (signal?.aborted || error instanceof ApiError) throw error
    throw new ApiError(0, {
      error: 'The broker does not answer. It may have been stopped; this page goes on when it is back.',
    })
  }
}

/** Asks for something that changes the cluster. */
export function change<T = unknown>(
  method: 'POST' | 'DELETE',
  path: string,
  body: unknown = {},
  below = 'api',
): Promise<T> {
  return ask<T>(path, { method, body: JSON.stringify(body) }, below)
}

/** What was asked for, as far as it has come. */
export interface Answered<T> {
  /** The last answer, also while another is under way; null before the first. */
  readonly data: T | null
  readonly error: ApiError | null
  readonly isLoading: boolean
  readonly again: () => void
}

/** Asks for a path, anew when it changes, and every so often while the page is seen. */
export function useAsk<T>(path: string | null, everyMs = 0, below = 'api'): Answered<T> {
  const [state, setState] = useState<{
    path: string | null
    data: T | null
    error: ApiError | null
    isLoading: boolean
  }>({ path, data: null, error: null, isLoading: path !== null })
  const [count, setCount] = useState(0)
  const again = useCallback(() => setCount(n => n + 1), [])
  const base = useRef('')
  const isAsking = useRef(false)
  useEffect(() => {
    if (path === null) return
    isAsking.current = true
    const controller = new AbortController()
    // A page that is leafed through keeps its rows until the next have come; another thing's are void.
    const what = path.split('?')[0]!
    const isOther = base.current !== what
    base.current = what
    setState(last => ({ path, data: isOther ? null : last.data, error: null, isLoading: true }))
    ask<T>(path, { signal: controller.signal }, below).then(
      data => {
        isAsking.current = false
        setState({ path, data, error: null, isLoading: false })
      },
      error => {
        if (controller.signal.aborted) return
        isAsking.current = false
        if (!(error instanceof ApiError)) throw error
        setState(last => ({ path, data: error.status === 0 ? last.data : null, error, isLoading: false }))
      },
    )
    return () => controller.abort()
  }, [path, count])
  useEffect(() => {
    if (everyMs === 0) return
    const timer = setInterval(() => {
      // To ask anew would end what is under way, and an answer that takes longer than that would never come.
      if (document.visibilityState === 'visible' && !isAsking.current) again()
    }, everyMs)
    return () => clearInterval(timer)
  }, [everyMs, again])
  return { data: state.data, error: state.error, isLoading: state.isLoading, again }
}
