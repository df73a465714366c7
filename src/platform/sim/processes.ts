import { PassThrough, Readable } from "node:stream"
import type { ChildHandle, Processes, RunOptions, RunResult, SpawnOptions } from "../processes.ts"

/** What a scripted program answers. Absent fields: exit code 0, no signal, no output. */
export type SimProgram = (
  args: readonly string[],
  options: RunOptions | SpawnOptions,
) => Partial<RunResult> | Promise<Partial<RunResult>>

/** Processes of a simulation: only those that the test has scripted exist. */
export interface SimProcesses extends Processes {
  /** From now on, running `file` calls `program`. */
  script(file: string, program: SimProgram): void
}

type Exit = Pick<RunResult, "code" | "signal">

export function createSimProcesses(): SimProcesses {
  const programs = new Map<string, SimProgram>()
  let lastPid = 1000

  async function call(file: string, args: readonly string[], options: RunOptions | SpawnOptions): Promise<RunResult> {
    const program = programs.get(file)
    if (program === undefined) {
      throw new Error(
        `A simulation starts no real process, and "${file} ${args.join(" ")}" is not scripted: ` +
          `call processes.script(${JSON.stringify(file)}, program) first`,
      )
    }
    return { code: 0, signal: null, stdout: "", stderr: "", ...(await program(args, options)) }
  }

  async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    options.signal?.throwIfAborted()
    const aborted = Promise.withResolvers<never>()
    const abort = () => aborted.reject(options.signal?.reason)
    options.signal?.addEventListener("abort", abort, { once: true })
    try {
      return await Promise.race([call(file, args, options), aborted.promise])
    } finally {
      options.signal?.removeEventListener("abort", abort)
    }
  }

  function spawn(file: string, args: readonly string[], options: SpawnOptions = {}): ChildHandle {
    const stdout = new Readable({ read: () => undefined })
    const stderr = new Readable({ read: () => undefined })
    const exit = Promise.withResolvers<Exit>()
    call(file, args, options).then(
      (result) => {
        stdout.push(result.stdout)
        stderr.push(result.stderr)
        finish({ code: result.code, signal: result.signal })
      },
      (error: unknown) => {
        exit.reject(error)
        finish({ code: null, signal: null })
      },
    )
    function finish(end: Exit): void {
      if (!stdout.readableEnded) stdout.push(null)
      if (!stderr.readableEnded) stderr.push(null)
      exit.resolve(end)
    }
    exit.promise.catch(() => undefined)
    const isPipe = (fd: number) => options.stdio === undefined || options.stdio[fd] === "pipe"
    return {
      pid: ++lastPid,
      stdin: isPipe(0) ? new PassThrough() : null,
      stdout: isPipe(1) ? stdout : null,
      stderr: isPipe(2) ? stderr : null,
      extra: (options.stdio ?? []).slice(3).map(() => null),
      exited: exit.promise,
      kill: (signal = "SIGTERM") => exit.resolve({ code: null, signal }),
    }
  }

  return { run, spawn, script: (file, program) => void programs.set(file, program) }
}
