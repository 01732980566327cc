/** Answers that may be there at once or later: a promise is touched only where there is one. */

export type Answer<R> = R | Promise<R>

/** What follows from an answer. */
export function andThen<A, B>(answer: Answer<A>, next: (value: A) => B): Answer<B> {
  return answer instanceof Promise ? answer.then(next) : next(answer)
}

/** What follows from several answers, in their order. */
export function gather<A, B>(answers: readonly Answer<A>[], next: (values: A[]) => B): Answer<B> {
  if (answers.some(answer => answer instanceof Promise)) return Promise.all(answers).then(next)
  return next(answers as A[])
}
