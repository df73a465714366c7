/** The port through which the builder executes RUN. The builder prepares files; whoever implements this starts the program. */
export interface RunStep {
  /**
   * Runs a program in a root file system and waits for its end. Throws when it could not be started or was aborted;
   * nothing of it is left running either way.
   */
  run(step: RunStepSpec, options: RunStepOptions): Promise<RunStepEnd>
}

export interface RunStepSpec {
  /** The mounted, writable root file system. */
  readonly rootfs: string
  readonly args: readonly string[]
  /** `NAME=value` each. */
  readonly env: readonly string[]
  readonly cwd: string
  /** As in USER: name or number, with or without group; "" is root. */
  readonly user: string
  readonly mounts: readonly RunMount[]
  /** `host`: the machine's network. `none`: only a loopback interface. */
  readonly network: RunNetwork
}

export type RunNetwork = "host" | "none"

export type RunMount =
  | { readonly type: "bind"; readonly source: string; readonly target: string; readonly readonly: boolean }
  | { readonly type: "tmpfs"; readonly target: string; readonly sizeBytes: number | null }

export interface RunStepOptions {
  /** What the program prints, standard output and errors mixed, in pieces. */
  readonly onOutput: (bytes: Uint8Array) => void
  readonly signal?: AbortSignal | undefined
}

export interface RunStepEnd {
  /** 128 + the signal's number when a signal ended it. */
  readonly exitCode: number
}
