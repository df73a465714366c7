/** Structured logs: a fixed message and fields, so that logs can be searched and compared between runs. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger that adds `fields` to every line. */
  with(fields: LogFields): Logger
}

/** Errors under the key `error` are printed with their stack and cause at debug level, and as one line otherwise. */
export type LogFields = Readonly<Record<string, unknown>>
