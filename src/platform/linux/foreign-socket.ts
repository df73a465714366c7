import { closeSync } from "node:fs"
import { Socket, type SocketConstructorOpts } from "node:net"
import { check, libc } from "./libc.ts"
import { AF_UNIX } from "./unix-address.ts"

// sys/socket.h
const SOCK_STREAM = 1
export const SOCK_NONBLOCK = 0o4000
export const SOCK_CLOEXEC = 0o2000000

/**
 * A socket of Node's for a descriptor of a type that Node does not open: each `data` event is one packet. Takes the
 * descriptor over, which must not block, also when it throws.
 *
 * Node opens stream sockets only, but reads and writes others in the same way. So it gets a stream socket, whose
 * descriptor is then replaced by the given one before it is first used.
 */
export function socketOver(ownFd: number, options: Omit<SocketConstructorOpts, "fd"> = {}): Socket {
  try {
    const fd = check("socket", libc.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
    const all = { fd, manualStart: true, readable: true, writable: true, allowHalfOpen: true, ...options }
    const socket = new Socket(all)
    check("dup3", libc.dup3(ownFd, fd, SOCK_CLOEXEC))
    return socket
  } finally {
    closeSync(ownFd)
  }
}
