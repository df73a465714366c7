import { closeSync } from "node:fs"
import type { Socket } from "node:net"
import { SOCK_CLOEXEC, SOCK_NONBLOCK, socketOver } from "./foreign-socket.ts"
import { check, libc } from "./libc.ts"
import { AF_UNIX, withUnixAddress } from "./unix-address.ts"

// sys/socket.h
const SOCK_SEQPACKET = 5

/**
 * Connects to a Unix socket of type SOCK_SEQPACKET. Each `data` event is one packet, and each write is one as long as
 * the caller waits for its callback before the next. The path may be longer than a socket address allows.
 */
export function connectPacketSocket(path: string): Socket {
  const fd = check("socket", libc.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
  try {
    withUnixAddress(path, (address) => check("connect", libc.connect(fd, address, address.length), path))
  } catch (error) {
    closeSync(fd)
    throw error
  }
  return socketOver(fd)
}
