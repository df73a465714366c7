import type { Duplex, Readable, Writable } from "node:stream"

/** Child processes. Arguments are passed as a list; there is no shell. */
export interface Processes {
  /** Runs a program to its end and collects its output. A non-zero exit is a result, not an error. */
  run(file: string, args: readonly string[], options?: RunOptions): Promise<RunResult>
  /** Starts a program and returns at once. */
  spawn(file: string, args: readonly string[], options?: SpawnOptions): ChildHandle
}

export interface SpawnOptions {
  readonly cwd?: string
  /** The whole environment of the child; the parent's when absent. */
  readonly env?: Readonly<Record<string, string>>
  /** Puts the child in its own session so that it outlives this process. */
  readonly detached?: boolean
  /** One entry per descriptor from 0: a pipe, `/dev/null`, this process's own, or an open file descriptor. Default: three pipes. */
  readonly stdio?: readonly ("pipe" | "ignore" | "inherit" | number)[]
}

export interface RunOptions extends Omit<SpawnOptions, "stdio" | "detached"> {
  /** Written to the child's standard input, which is then closed. */
  readonly input?: string | Uint8Array
  /** Kills the child (SIGKILL) when aborted; `run` then rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Extra open descriptors passed as 3, 4, … */
  readonly extraFds?: readonly number[]
}

export interface RunResult {
  /** The exit code, or null when a signal ended the process. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface ChildHandle {
  readonly pid: number
  /** Null unless `stdio` asked for a pipe at that place. */
  readonly stdin: Writable | null
  readonly stdout: Readable | null
  readonly stderr: Readable | null
  /** The pipes at places 3, 4, …; null where `stdio` asked for something else. They can also be written. */
  readonly extra: readonly (Duplex | null)[]
  /** Resolves when the process has ended. Rejects when it could not be started. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  kill(signal?: NodeJS.Signals): void
}
