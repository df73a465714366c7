import { closeSync, constants, openSync, rmSync } from "node:fs"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { openConsoleSocket } from "../../platform/linux/console-socket.ts"
import { openPty, openTerminal, resizeTerminalAt, type Terminal } from "../../platform/linux/pty.ts"
import { RuntimeError } from "../errors.ts"
import type { ExecRequest, ExecStream } from "../runtime.ts"
import { type ContainerEntry, newId, type OciContext } from "./context.ts"
import { type Exec, startExec } from "./exec-process.ts"

/** How often a console socket is looked at. Nothing is lost meanwhile: the kernel keeps what the command prints. */
const TERMINAL_CHECK_MS = 1
/** How long output is awaited that a command's children still hold open. */
const DRAIN_MS = 200

/** A command and the terminal through which we talk to it. */
interface TerminalExec {
  readonly exec: Exec
  /** Null when the command never began. */
  readonly terminal: Promise<Terminal | null>
  readonly resize: ExecStream["resize"]
}

/** Runs a command in a terminal of its own. The streams may be used before there is a terminal. */
export async function execInTerminal(
  context: OciContext,
  entry: ContainerEntry,
  request: ExecRequest,
): Promise<ExecStream> {
  if (request.stderr) throw new RuntimeError("InvalidArgument", "tty and stderr cannot both be true")
  const start = entry.record.handler === "crun" ? startWithOwnTerminal : startWithCopiedTerminal
  const { exec, terminal, resize } = await start(context, entry, request.cmd)
  const stdin = request.stdin ? new PassThrough() : null
  const stdout = request.stdout ? new PassThrough() : null
  void connect(context, exec, terminal, stdin, stdout).catch((error: unknown) => {
    exec.kill()
    stdin?.destroy()
    stdout?.destroy(error as Error)
  })
  const kill = () => {
    exec.kill()
    const close = () => void terminal.then((opened) => opened?.close())
    // Not before: the terminal's end is a signal of its own, which the command might end with instead.
    exec.exited.then(close, close)
  }
  return { stdin, stdout, stderr: null, exited: exec.exited, resize, kill }
}

/** Copies between the client's streams and the terminal until both the command and its output have ended. */
async function connect(
  context: OciContext,
  exec: Exec,
  opening: Promise<Terminal | null>,
  stdin: PassThrough | null,
  stdout: PassThrough | null,
): Promise<void> {
  const terminal = await opening
  const ended = new AbortController()
  if (terminal === null) stdout?.end()
  else {
    stdin?.pipe(terminal.input)
    terminal.output.once("close", () => ended.abort())
    // A reader that leaves does not hold the command up.
    if (stdout === null || stdout.destroyed) terminal.output.resume()
    else stdout.once("close", () => terminal.output.resume())
    if (stdout !== null) terminal.output.pipe(stdout)
  }
  await exec.exited.catch(() => undefined)
  stdin?.destroy()
  if (terminal === null) return
  // What the command has started may hold the terminal open for ever; what is printed already is read to its end.
  do await context.platform.clock.sleep(DRAIN_MS, ended.signal).catch(() => undefined)
  while (!ended.signal.aborted && terminal.pending())
  terminal.close()
}

/**
 * The terminal that the OCI runtime makes in the container is handed to us. Otherwise crun would copy between it and one
 * of ours, and crun before 1.9 stops copying when the command ends, whatever it has not copied yet.
 */
async function startWithOwnTerminal(
  context: OciContext,
  entry: ContainerEntry,
  cmd: readonly string[],
): Promise<TerminalExec> {
  const name = `exec-${newId(context).slice(0, 16)}.socket`
  const path = join(context.layout.container(entry.record.id).bundle, name)
  const socket = openConsoleSocket(path)
  const closeSocket = () => {
    socket.close()
    rmSync(path, { force: true })
  }
  let exec: Exec
  try {
    exec = await startExec(context, entry, cmd, {
      tty: true,
      stdio: ["ignore", "ignore", "ignore"],
      consoleSocket: name,
    })
  } catch (error) {
    closeSocket()
    throw error
  }
  let opened: Terminal | null = null
  let size: readonly [width: number, height: number] | null = null
  const receive = async (): Promise<Terminal | null> => {
    let ended = false
    const noteEnd = () => {
      ended = true
    }
    exec.child.exited.then(noteEnd, noteEnd)
    for (;;) {
      // The terminal of a short command may have come just before its end.
      const last = ended
      const fd = socket.receive()
      if (fd !== null) opened = openTerminal(fd)
      if (opened !== null && size !== null) opened.resize(...size)
      if (opened !== null || last) return opened
      await context.platform.clock.sleep(TERMINAL_CHECK_MS)
    }
  }
  const terminal = receive().finally(closeSocket)
  terminal.catch(() => undefined)
  return {
    exec,
    terminal,
    resize(width, height) {
      size = [width, height]
      opened?.resize(width, height)
    },
  }
}

/** runc copies between a terminal of ours and the one it makes in the container: it hands its own to nobody it waits for. */
async function startWithCopiedTerminal(
  context: OciContext,
  entry: ContainerEntry,
  cmd: readonly string[],
): Promise<TerminalExec> {
  const pty = openPty()
  const end = openSync(pty.path, constants.O_RDWR | constants.O_NOCTTY)
  try {
    const exec = await startExec(context, entry, cmd, { tty: true, stdio: [end, end, end] })
    return { exec, terminal: Promise.resolve(pty), resize: createResize(pty, exec) }
  } catch (error) {
    pty.close()
    throw error
  } finally {
    closeSync(end)
  }
}

/**
 * The OCI runtime takes over our terminal's size once, at the start. Later sizes go straight to the terminal that it has
 * made in the container, as it learns of none: our terminal does not control it.
 */
function createResize(terminal: Terminal, exec: Exec): ExecStream["resize"] {
  let wanted: readonly [width: number, height: number]
  let applying = false
  return (width, height) => {
    wanted = [width, height]
    terminal.resize(width, height)
    if (applying) return
    applying = true
    void exec.command().then((process) => {
      applying = false
      if (process === null) return
      const descriptors = [0, 1, 2].map((fd) => `/proc/${process.pid}/fd/${fd}`)
      descriptors.some((path) => resizeTerminalAt(path, ...wanted))
    })
  }
}
