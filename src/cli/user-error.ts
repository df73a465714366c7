/** A failure that the person at the terminal can understand and act on: printed without a stack. */
export class UserError extends Error {
  override readonly name = "UserError"
  /** 2 when the command line itself is wrong. */
  readonly exitCode: 1 | 2

  constructor(message: string, options: { readonly exitCode?: 1 | 2; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.exitCode = options.exitCode ?? 1
  }
}
