import type { ContainerConfig, ExitReason } from "../container.ts"

/** What a container of the fake runtime does once it is started. An empty object runs until it is stopped. */
export interface FakeProgram {
  /** The start fails with this text. */
  readonly startError?: string
  /** Ends by itself after so many milliseconds of the clock. 0: as soon as it has started. */
  readonly runMs?: number
  /** Default 0. */
  readonly exitCode?: number
  /** Default: `Completed` for exit code 0, else `Error`. */
  readonly reason?: ExitReason
  /** How long it takes to end after the stop signal. Default 0. `never`: only SIGKILL ends it. */
  readonly stopMs?: number | "never"
  /** With what code the stop signal ends it. Default 128 + the signal's number, 143 for SIGTERM. */
  readonly stopCode?: number
  /** Ports on which a connection is answered by its own bytes. */
  readonly ports?: readonly number[]
}

/** What a command does that is executed in a container. An empty object ends at once with code 0. */
export interface FakeCommand {
  /** The command cannot be run. */
  readonly error?: string
  readonly stdout?: string
  readonly stderr?: string
  readonly exitCode?: number
  /** Ends after so many milliseconds. `stdin`: when its input ends, which it copies to its output. */
  readonly runMs?: number | "stdin"
}

/** Decides by configuration: name, attempt, image, command. Called at each start. */
export type FakePrograms = (config: ContainerConfig) => FakeProgram
export type FakeCommands = (config: ContainerConfig, cmd: readonly string[]) => FakeCommand
