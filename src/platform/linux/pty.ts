import { closeSync, constants } from "node:fs"
import { ReadStream, WriteStream } from "node:tty"
import { check, libc } from "./libc.ts"
import { openFile } from "./open.ts"

/** A pseudo-terminal: what is written to one end appears, edited by the terminal's rules, at the other. */
export interface Pty {
  /** Path of the program's end: give descriptors of it to a child as its standard streams. */
  readonly path: string
  /** What the program prints. Ends, or fails with EIO, when the last program has closed its end. */
  readonly output: ReadStream
  /** What the user types. */
  readonly input: WriteStream
  /** Columns and rows. The program learns of it by SIGWINCH when the terminal controls it. */
  resize(width: number, height: number): void
  /** May be repeated. */
  close(): void
}

// asm-generic/ioctls.h, fcntl.h
const TIOCSPTLCK = 0x40045431n
const TIOCGPTN = 0x80045430n
const TIOCSWINSZ = 0x5414n
const F_DUPFD_CLOEXEC = 1030
const FD_MIN = 3n

/** https://man7.org/linux/man-pages/man7/pty.7.html */
export function openPty(): Pty {
  const fd = openFile("/dev/ptmx", constants.O_RDWR | constants.O_NOCTTY)
  let number: number
  let inputFd: number
  try {
    check("ioctl", libc.ioctl(fd, TIOCSPTLCK, Buffer.alloc(4)), "TIOCSPTLCK")
    const answer = Buffer.alloc(4)
    check("ioctl", libc.ioctl(fd, TIOCGPTN, answer), "TIOCGPTN")
    number = answer.readUInt32LE()
    // Node wants a descriptor for each direction.
    inputFd = check("fcntl", libc.fcntl(fd, F_DUPFD_CLOEXEC, FD_MIN), "F_DUPFD_CLOEXEC")
  } catch (error) {
    closeSync(fd)
    throw error
  }
  const output = new ReadStream(fd)
  const input = new WriteStream(inputFd)
  let closed = false
  // Errors after the other end has gone are the end of the stream.
  input.on("error", () => undefined)
  return {
    path: `/dev/pts/${number}`,
    output,
    input,
    resize(width, height) {
      if (closed) return
      const size = Buffer.alloc(8)
      size.writeUInt16LE(height, 0)
      size.writeUInt16LE(width, 2)
      check("ioctl", libc.ioctl(inputFd, TIOCSWINSZ, size), "TIOCSWINSZ")
    },
    close() {
      if (closed) return
      closed = true
      output.destroy()
      input.destroy()
    },
  }
}
