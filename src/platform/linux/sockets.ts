import { closeSync } from "node:fs"
import { isIP, Socket } from "node:net"
import { check, libc } from "./libc.ts"
import { enterNamespaces } from "./namespaces.ts"
import { encodeSocketAddress } from "./socket-address.ts"

/**
 * Sockets in another network namespace: a probe into a pod, a listener on a node of `gantry up --nodes 3`. A socket
 * belongs to the namespace it was made in, so it is made there and then handed to Node like any other.
 */

// sys/socket.h
const AF_INET = 2
const AF_INET6 = 10
const SOCK_STREAM = 1
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const SOL_SOCKET = 1
const SO_REUSEADDR = 2
const IPPROTO_IPV6 = 41
const IPV6_V6ONLY = 26
const BACKLOG = 4096

/** `undefined` for the namespace this process is in. */
export type NetworkNamespacePath = string | undefined

export interface SocketAddress {
  /** An IPv4 or IPv6 address, not a name. */
  readonly host: string
  /** 0 lets the kernel choose when listening. */
  readonly port: number
  /** For `::` when listening: whether IPv4 clients are welcome too. Default: false. */
  readonly bothFamilies?: boolean
}

/**
 * Begins a TCP connection from inside the namespace. The result behaves like `net.connect`'s: `connect` or `error`
 * follows. Give it to `http.request` as `createConnection: () => connectTcp(…)`.
 */
export function connectTcp(namespace: NetworkNamespacePath, to: SocketAddress): Socket {
  const fd = inNetwork(namespace, () => openSocket(to.host, SOCK_STREAM))
  // Without manualStart Node would read from a socket that is not connected yet.
  const options = { fd, manualStart: true, readable: true, writable: true }
  return new Socket(options).connect({ host: to.host, port: to.port })
}

/** Opens a listening TCP socket: `server.listen({ fd })`. Node closes it with the server. */
export function listenTcp(namespace: NetworkNamespacePath, on: SocketAddress): number {
  return openBound(namespace, on, SOCK_STREAM)
}

/**
 * Opens a UDP socket: `dgram.createSocket(type).bind({ fd })`, which is bound, and emits `listening`, before it returns.
 * Node closes it with the socket.
 */
export function bindUdp(namespace: NetworkNamespacePath, on: SocketAddress): number {
  return openBound(namespace, on, SOCK_DGRAM)
}

function openBound(namespace: NetworkNamespacePath, on: SocketAddress, type: number): number {
  return inNetwork(namespace, () => {
    const fd = openSocket(on.host, type)
    try {
      if (type === SOCK_STREAM) setOption(fd, SOL_SOCKET, SO_REUSEADDR)
      if (isIP(on.host) === 6) setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, on.bothFamilies ? 0 : 1)
      const address = encodeSocketAddress(on.host, on.port)
      const place = isIP(on.host) === 6 ? `[${on.host}]:${on.port}` : `${on.host}:${on.port}`
      check("bind", libc.bind(fd, address, address.length), place)
      if (type === SOCK_STREAM) check("listen", libc.listen(fd, BACKLOG), place)
      return fd
    } catch (error) {
      closeSync(fd)
      throw error
    }
  })
}

function inNetwork<T>(namespace: NetworkNamespacePath, work: () => T): T {
  return namespace === undefined ? work() : enterNamespaces({ net: namespace }, work)
}

function openSocket(host: string, type: number): number {
  const family = isIP(host) === 6 ? AF_INET6 : AF_INET
  return check("socket", libc.socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
}

function setOption(fd: number, level: number, option: number, value = 1): void {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  check("setsockopt", libc.setsockopt(fd, level, option, bytes, bytes.length))
}
