/** Why something that runs can go on no more. */

/** The first reason why nothing can be served any more. */
export class Failure {
  error: Error | null = null
  readonly promise: Promise<Error>
  #resolve: (error: Error) => void = () => {}

  constructor() {
    this.promise = new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  is(message: string, cause: Error): void {
    this.error ??= new Error(message, { cause })
    this.#resolve(this.error)
  }
}
