import { spawn } from "node:child_process"
import type { Duplex, Readable, Writable } from "node:stream"
import { text } from "node:stream/consumers"
import type { ChildHandle, Processes, RunOptions, RunResult, SpawnOptions } from "../processes.ts"

/** Child processes of this process. */
export const realProcesses: Processes = { run, spawn: start }

async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { input, signal, extraFds = [], ...rest } = options
  signal?.throwIfAborted()
  const child = start(file, args, {
    ...rest,
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe", ...extraFds],
  })
  const abort = () => {
    child.kill("SIGKILL")
    // A grandchild may hold the other end of the pipes open for ever.
    child.stdout?.destroy()
    child.stderr?.destroy()
  }
  signal?.addEventListener("abort", abort, { once: true })
  // A child may end without reading all its input. Its exit code tells whether that matters.
  child.stdin?.on("error", () => undefined).end(input)
  try {
    const [stdout, stderr, end] = await Promise.all([collect(child.stdout), collect(child.stderr), child.exited])
    return { ...end, stdout, stderr }
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener("abort", abort)
  }
}

async function collect(stream: Readable | null): Promise<string> {
  return stream === null ? "" : await text(stream)
}

function start(file: string, args: readonly string[], options: SpawnOptions = {}): ChildHandle {
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env,
    detached: options.detached ?? false,
    stdio: options.stdio === undefined ? ["pipe", "pipe", "pipe"] : [...options.stdio],
  })
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once("exit", (code, signal) => resolve({ code, signal }))
    child.once("error", (cause) => {
      // Also emitted when a kill fails, which says nothing about the start.
      if (child.pid === undefined) reject(new Error(`Cannot start ${file}: ${cause.message}`, { cause }))
    })
  })
  // Whoever does not look at `exited` must not be ended by an unhandled rejection.
  exited.catch(() => undefined)
  if (options.detached) child.unref()
  const [stdin, stdout, stderr] = child.stdio
  return {
    pid: child.pid ?? -1,
    stdin: stdin as Writable | null,
    stdout: stdout as Readable | null,
    stderr: stderr as Readable | null,
    extra: child.stdio.slice(3).map((pipe) => (pipe ?? null) as Duplex | null),
    exited,
    kill: (signal) => void child.kill(signal),
  }
}
