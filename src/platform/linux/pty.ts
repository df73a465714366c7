import { closeSync, constants } from "node:fs"
import { PassThrough, type Readable } from "node:stream"
import { isatty, ReadStream, WriteStream } from "node:tty"
import { check, libc } from "./libc.ts"
import { openFile } from "./open.ts"
import { hasCode } from "./system-error.ts"

/**
 * The user's end of a pseudo-terminal: what is written to one end appears, edited by the terminal's rules, at the other.
 */
export interface Terminal {
  /** What the program prints. Ends when the last program has closed its end, or at `close`. */
  readonly output: Readable
  /** What the user types. */
  readonly input: WriteStream
  /** Columns and rows. The program learns of it by SIGWINCH when the terminal controls it. */
  resize(width: number, height: number): void
  /** Whether something was printed that `output` does not hold yet. */
  pending(): boolean
  /** The programs get SIGHUP, if they are still there. May be repeated. */
  close(): void
}

export interface Pty extends Terminal {
  /** Path of the program's end: give descriptors of it to a child as its standard streams. */
  readonly path: string
}

// asm-generic/ioctls.h, fcntl.h
const TIOCSPTLCK = 0x40045431n
const TIOCGPTN = 0x80045430n
const TIOCSWINSZ = 0x5414n
const F_DUPFD_CLOEXEC = 1030
const FD_MIN = 3n
// poll.h
const POLLIN = 1

/** https://man7.org/linux/man-pages/man7/pty.7.html */
export function openPty(): Pty {
  const fd = openFile("/dev/ptmx", constants.O_RDWR | constants.O_NOCTTY)
  try {
    check("ioctl", libc.ioctl(fd, TIOCSPTLCK, Buffer.alloc(4)), "TIOCSPTLCK")
    const number = Buffer.alloc(4)
    check("ioctl", libc.ioctl(fd, TIOCGPTN, number), "TIOCGPTN")
    return { ...openTerminal(fd), path: `/dev/pts/${number.readUInt32LE()}` }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/** Takes over the descriptor of a pseudo-terminal's user end, unless it throws. */
export function openTerminal(fd: number): Terminal {
  // Node wants a descriptor for each direction.
  const inputFd = check("fcntl", libc.fcntl(fd, F_DUPFD_CLOEXEC, FD_MIN), "F_DUPFD_CLOEXEC")
  const master = new ReadStream(fd)
  const output = new PassThrough()
  master.pipe(output)
  // The kernel reports the end of the other side as EIO, after everything that was printed.
  master.on("error", () => output.end())
  master.on("close", () => output.end())
  const input = new WriteStream(inputFd)
  // Errors after the other end has gone are the end of the stream.
  input.on("error", () => undefined)
  return {
    output,
    input,
    resize(width, height) {
      if (!master.destroyed) setSize(fd, width, height)
    },
    pending: () => !master.destroyed && (master.readableLength > 0 || isReadable(fd)),
    close() {
      master.destroy()
      input.destroy()
    },
  }
}

function isReadable(fd: number): boolean {
  const request = Buffer.alloc(8)
  request.writeInt32LE(fd, 0)
  request.writeInt16LE(POLLIN, 4)
  return check("poll", libc.poll(request, 1n, 0)) > 0
}

/**
 * Sets the size of the terminal that `path` stands for, such as `/proc/PID/fd/0`, and tells its foreground programs.
 * Returns false when it is no terminal, or gone.
 */
export function resizeTerminalAt(path: string, width: number, height: number): boolean {
  let fd: number
  try {
    fd = openFile(path, constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK)
  } catch (error) {
    if (hasCode(error, "ENOENT", "ESRCH", "EIO", "ENXIO", "EACCES")) return false
    throw error
  }
  try {
    if (!isatty(fd)) return false
    setSize(fd, width, height)
    return true
  } catch (error) {
    // The other end was closed since.
    if (hasCode(error, "EIO")) return false
    throw error
  } finally {
    closeSync(fd)
  }
}

function setSize(fd: number, width: number, height: number): void {
  const size = Buffer.alloc(8)
  size.writeUInt16LE(height, 0)
  size.writeUInt16LE(width, 2)
  check("ioctl", libc.ioctl(fd, TIOCSWINSZ, size), "TIOCSWINSZ")
}
