import { getRawPointer } from "node:ffi"
import { closeSync } from "node:fs"
import { check, errno, libc } from "./libc.ts"
import { SystemError } from "./system-error.ts"
import { AF_UNIX, withUnixAddress } from "./unix-address.ts"

/**
 * A Unix socket to which an OCI runtime sends the descriptor of a terminal (`--console-socket`). Node receives no
 * descriptors but those of its own children. https://github.com/opencontainers/runc/blob/main/docs/terminals.md
 */
export interface ConsoleSocket {
  /** The descriptor, which the caller closes, or null as long as none has come. Never waits. */
  receive(): number | null
  /** May be repeated. Leaves the socket's file. */
  close(): void
}

// sys/socket.h
const SOCK_STREAM = 1
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const SOL_SOCKET = 1
const SCM_RIGHTS = 1
const MSG_DONTWAIT = 0x40
const MSG_CMSG_CLOEXEC = 0x40000000
// asm-generic/errno.h
const EAGAIN = 11
const EINTR = 4
/** A cmsghdr and one descriptor, padded. */
const CONTROL_BYTES = 24
/** runc sends the terminal's name along. */
const DATA_BYTES = 4096

export function openConsoleSocket(path: string): ConsoleSocket {
  const listening = check("socket", libc.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
  const open = new Set([listening])
  const close = () => {
    for (const fd of open) closeSync(fd)
    open.clear()
  }
  try {
    withUnixAddress(path, (address) => check("bind", libc.bind(listening, address, address.length), path))
    check("listen", libc.listen(listening, 1), path)
  } catch (error) {
    close()
    throw error
  }
  let connection: number | null = null
  return {
    receive() {
      if (connection === null) connection = unlessEarly("accept", libc.accept4(listening, null, null, SOCK_CLOEXEC))
      if (connection === null) return null
      open.add(connection)
      return receiveDescriptor(connection)
    },
    close,
  }
}

/** The result of a call, or null when it would have had to wait. */
function unlessEarly(syscall: string, result: number): number | null {
  if (result !== -1) return result
  const code = errno()
  if (code === EAGAIN || code === EINTR) return null
  throw new SystemError(syscall, code)
}

/** https://man7.org/linux/man-pages/man3/cmsg.3.html */
function receiveDescriptor(socket: number): number | null {
  const data = Buffer.alloc(DATA_BYTES)
  const control = Buffer.alloc(CONTROL_BYTES)
  const vector = Buffer.alloc(16)
  vector.writeBigUInt64LE(getRawPointer(data), 0)
  vector.writeBigUInt64LE(BigInt(data.length), 8)
  const message = Buffer.alloc(56)
  message.writeBigUInt64LE(getRawPointer(vector), 16)
  message.writeBigUInt64LE(1n, 24)
  message.writeBigUInt64LE(getRawPointer(control), 32)
  message.writeBigUInt64LE(BigInt(control.length), 40)
  const flags = MSG_DONTWAIT | MSG_CMSG_CLOEXEC
  if (unlessEarly("recvmsg", Number(libc.recvmsg(socket, message, flags))) === null) return null
  const [length, level, type] = [control.readBigUInt64LE(0), control.readInt32LE(8), control.readInt32LE(12)]
  if (message.readBigUInt64LE(40) < 20n || length !== 20n || level !== SOL_SOCKET || type !== SCM_RIGHTS) {
    throw new Error("found a message without a descriptor on a console socket, expected one with a terminal's")
  }
  return control.readInt32LE(16)
}
