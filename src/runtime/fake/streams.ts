import { Duplex, PassThrough, Writable } from "node:stream"
import type { Clock } from "../../platform/clock.ts"
import { RuntimeError } from "../errors.ts"
import type { AttachRequest, AttachStream, ExecRequest, ExecStream, ExecSyncResult } from "../runtime.ts"
import type { FakeCommand } from "./program.ts"
import type { FakeContainer } from "./state.ts"

const EXIT_CODE_KILLED = 137

export async function execSync(clock: Clock, command: FakeCommand, timeoutMs: number): Promise<ExecSyncResult> {
  if (command.error !== undefined) throw new RuntimeError("RuntimeFailure", command.error)
  // Without standard input a command that copies it ends at once.
  const runMs = command.runMs === "stdin" ? 0 : (command.runMs ?? 0)
  if (timeoutMs > 0 && runMs > timeoutMs) {
    await clock.sleep(timeoutMs)
    throw new RuntimeError("DeadlineExceeded", `the command timed out after ${timeoutMs} ms`)
  }
  if (runMs > 0) await clock.sleep(runMs)
  const { stdout = "", stderr = "", exitCode = 0 } = command
  return { stdout: Buffer.from(stdout), stderr: Buffer.from(stderr), exitCode }
}

export function exec(clock: Clock, command: FakeCommand, request: ExecRequest): ExecStream {
  const stdout = request.stdout ? new PassThrough() : null
  const stderr = request.stderr && !request.tty ? new PassThrough() : null
  const exited = Promise.withResolvers<number>()
  exited.promise.catch(() => undefined)
  const end = (code: number) => {
    stdout?.end()
    stderr?.end()
    exited.resolve(code)
  }
  stdout?.write(command.stdout ?? "")
  stderr?.write(command.stderr ?? "")
  const stdin = request.stdin ? copyTo(stdout, () => command.runMs === "stdin" && end(command.exitCode ?? 0)) : null
  if (command.error !== undefined) {
    exited.reject(new RuntimeError("RuntimeFailure", command.error))
    end(0)
  } else if (command.runMs === undefined || (command.runMs === "stdin" && stdin === null)) {
    end(command.exitCode ?? 0)
  } else if (command.runMs !== "stdin") {
    clock.after(command.runMs, () => end(command.exitCode ?? 0))
  }
  return { stdin, stdout, stderr, exited: exited.promise, resize: () => undefined, kill: () => end(EXIT_CODE_KILLED) }
}

/** The container's program copies its input to its output. */
export function attach(container: FakeContainer, request: AttachRequest): AttachStream {
  if (request.tty !== container.config.tty) {
    throw new RuntimeError("InvalidArgument", `attach with tty ${container.config.tty}, as the container has it`)
  }
  const stdout = request.stdout ? new PassThrough() : null
  const stderr = request.stderr && !request.tty ? new PassThrough() : null
  const end = () => {
    stdout?.end()
    stderr?.end()
  }
  void container.exited.promise.then(end)
  const stdin = request.stdin && container.config.stdin ? copyTo(stdout, () => undefined) : null
  return { stdin, stdout, stderr, resize: () => undefined, kill: end }
}

/** A connection whose other end sends everything back. */
export function portForward(containers: readonly FakeContainer[], port: number): Duplex {
  const served = containers.some(({ status, program }) => status.state === "RUNNING" && program.ports?.includes(port))
  if (served) return new PassThrough()
  throw new RuntimeError("RuntimeFailure", `failed to connect to port ${port} inside the pod: connection refused`)
}

function copyTo(target: PassThrough | null, ended: () => void): Writable {
  return new Writable({
    write(chunk: Buffer, _, done) {
      if (target?.writable) target.write(chunk)
      done()
    },
    final(done) {
      ended()
      done()
    },
  })
}
