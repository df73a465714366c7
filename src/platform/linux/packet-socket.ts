import { closeSync } from "node:fs"
import { Socket } from "node:net"
import { check, libc } from "./libc.ts"
import { AF_UNIX, withUnixAddress } from "./unix-address.ts"

// sys/socket.h
const SOCK_STREAM = 1
const SOCK_SEQPACKET = 5
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000

/**
 * Connects to a Unix socket of type SOCK_SEQPACKET. Each `data` event is one packet, and each write is one as long as
 * the caller waits for its callback before the next. The path may be longer than a socket address allows.
 *
 * Node opens stream sockets only, but reads and writes both types in the same way. So Node gets a stream socket, whose
 * descriptor is then replaced by ours before it is first used.
 */
export function connectPacketSocket(path: string): Socket {
  const packetFd = check("socket", libc.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
  try {
    withUnixAddress(path, (address) => check("connect", libc.connect(packetFd, address, address.length), path))
    const fd = check("socket", libc.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
    const options = { fd, manualStart: true, readable: true, writable: true, allowHalfOpen: true }
    const socket = new Socket(options)
    check("dup2", libc.dup2(packetFd, fd))
    return socket
  } finally {
    closeSync(packetFd)
  }
}
