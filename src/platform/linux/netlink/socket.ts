import { closeSync, write } from "node:fs"
import { promisify } from "node:util"
import { SOCK_CLOEXEC, SOCK_NONBLOCK } from "../foreign-socket.ts"
import { check, libc } from "../libc.ts"
import { SystemError } from "../system-error.ts"
import {
  decodeError,
  decodeMessages,
  encodeMessage,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
} from "./message.ts"
import { inNetworkNamespace } from "./network-namespace.ts"

export const NETLINK_ROUTE = 0
export const NETLINK_NETFILTER = 12

const AF_NETLINK = 16
const SOCK_RAW = 3
const SOL_SOCKET = 1
const SO_RCVBUFFORCE = 33
const SOL_NETLINK = 270
const NETLINK_CAP_ACK = 10
const NETLINK_EXT_ACK = 11
const MSG_DONTWAIT = 0x40
/** The kernel never sends more than 32 KiB in one answer to a dump. */
const RECEIVE_BYTES = 64 * 1024
/** What the kernel has told and nobody has read yet. The kernel counts its own share too, and takes twice this. */
const UNREAD_BYTES_MAX = 1024 * 1024
/** A dump that the kernel reports as torn by a change is read again this often. */
const DUMP_ATTEMPTS_MAX = 5

/**
 * A netlink socket. Most calls are synchronous: the kernel works inside `send`, so the answer lies ready when it returns, and
 * a call takes microseconds. The socket belongs to the network namespace it was opened in, whoever uses it.
 */
export interface NetlinkSocket {
  /** Sends a request and waits for its acknowledgement. Throws `SystemError` with the kernel's words. */
  request(type: number, flags: number, parts: readonly Buffer[], what: string): void
  /** The payloads of every object of a dump. */
  dump(type: number, parts: readonly Buffer[], what: string): Buffer[]
  /**
   * Sends several requests at once, from a thread of Node's pool: for work that takes the kernel long. It does them one
   * after another, whatever becomes of each. Resolves with the error numbers of those that failed. Meanwhile nothing
   * else may be asked through this socket.
   */
  requestAll(requests: readonly NetlinkRequest[], what: string): Promise<number[]>
  /** One object, or undefined when there is none (ENODEV, ENOENT). */
  get(type: number, parts: readonly Buffer[], what: string): Buffer | undefined
  close(): void
}

export interface NetlinkRequest {
  readonly type: number
  readonly parts: readonly Buffer[]
  readonly flags?: number
  /** The kernel does not answer it, such as what begins and ends a batch. Never all of them. */
  readonly silent?: boolean
}

const writeInPool = promisify(write)

/** `netns`: the path of the namespace to open it in; default: the thread's own. */
export function openNetlinkSocket(protocol: number, netns?: string): NetlinkSocket {
  const fd = openIn(netns, { protocol })
  const buffer = Buffer.alloc(RECEIVE_BYTES)
  let sequence = 0

  function send(type: number, flags: number, parts: readonly Buffer[], what: string): number {
    sequence = (sequence + 1) >>> 0
    const message = encodeMessage(type, flags | NLM_F_REQUEST, sequence, parts)
    check("netlink send", libc.send(fd, message, BigInt(message.length), 0), what)
    return sequence
  }

  function receiveAll(what: string) {
    const length = Number(check("netlink recv", libc.recv(fd, buffer, BigInt(buffer.length), MSG_DONTWAIT), what))
    // Copied: the buffer is used again while the caller still reads.
    return decodeMessages(Buffer.from(buffer.subarray(0, length)))
  }

  const receive = (sent: number, what: string) => receiveAll(what).filter((message) => message.sequence === sent)

  function dumpOnce(type: number, parts: readonly Buffer[], what: string): Buffer[] | "torn" {
    const sent = send(type, NLM_F_DUMP, parts, what)
    const found: Buffer[] = []
    let torn = false
    for (;;) {
      for (const message of receive(sent, what)) {
        if (message.flags & NLM_F_DUMP_INTR) torn = true
        if (message.type === NLMSG_DONE) return torn ? "torn" : found
        if (message.type === NLMSG_ERROR) fail(decodeError(message), what)
        else found.push(message.payload)
      }
    }
  }

  return {
    request(type, flags, parts, what) {
      const sent = send(type, flags | NLM_F_ACK, parts, what)
      for (;;) {
        for (const message of receive(sent, what)) {
          if (message.type !== NLMSG_ERROR) continue
          const error = decodeError(message)
          if (error.errno !== 0) fail(error, what)
          return
        }
      }
    },
    async requestAll(requests, what) {
      const lastAnswered = requests.findLastIndex(({ silent }) => !silent)
      let last = 0
      const messages = requests.map(({ type, parts, flags = 0 }, index) => {
        sequence = (sequence + 1) >>> 0
        // Failures are told in any case. The last one's success tells that all are through.
        if (index === lastAnswered) last = sequence
        const acknowledged = index === lastAnswered ? NLM_F_ACK : 0
        return encodeMessage(type, flags | NLM_F_REQUEST | acknowledged, sequence, parts)
      })
      const bytes = Buffer.concat(messages)
      await writeInPool(fd, bytes, 0, bytes.length, null)
      const failures: number[] = []
      for (;;) {
        for (const message of receiveAll(what)) {
          const error = message.type === NLMSG_ERROR ? decodeError(message).errno : 0
          if (error !== 0) failures.push(error)
          if (message.sequence === last) return failures
        }
      }
    },
    dump(type, parts, what) {
      for (let attempt = 1; attempt <= DUMP_ATTEMPTS_MAX; attempt++) {
        const found = dumpOnce(type, parts, what)
        if (found !== "torn") return found
      }
      throw new Error(`${what}: the kernel's table changed during each of ${DUMP_ATTEMPTS_MAX} reads; try again`)
    },
    get(type, parts, what) {
      const sent = send(type, 0, parts, what)
      for (const message of receive(sent, what)) {
        if (message.type !== NLMSG_ERROR) return message.payload
        const error = decodeError(message)
        if (error.errno === 19 || error.errno === 2) return undefined
        fail(error, what)
      }
      return undefined
    },
    close: () => closeSync(fd),
  }
}

/**
 * A descriptor that receives what the kernel multicasts to groups, by their numbers from 1 to 31. It does not block.
 * The caller closes it.
 */
export function openMulticast(protocol: number, groups: readonly number[], netns?: string): number {
  const mask = groups.reduce((all, group) => all | (1 << (group - 1)), 0)
  const fd = openIn(netns, { protocol, flags: SOCK_NONBLOCK, groups: mask })
  libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, Buffer.from(Int32Array.of(UNREAD_BYTES_MAX).buffer), 4)
  return fd
}

interface Opening {
  readonly protocol: number
  readonly flags?: number
  readonly groups?: number
}

const openIn = (netns: string | undefined, opening: Opening): number =>
  netns === undefined ? openHere(opening) : inNetworkNamespace(netns, () => openHere(opening))

function openHere({ protocol, flags = 0, groups = 0 }: Opening): number {
  const fd = check("socket", libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, protocol), "netlink")
  const on = Buffer.from(Int32Array.of(1).buffer)
  // Both only make errors shorter and clearer; kernels without them still work.
  libc.setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, on, 4)
  libc.setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, on, 4)
  const address = Buffer.alloc(12)
  address.writeUInt16LE(AF_NETLINK, 0)
  address.writeUInt32LE(groups, 8)
  check("bind", libc.bind(fd, address, address.length), "netlink")
  return fd
}

function fail(error: { readonly errno: number; readonly text: string }, what: string): never {
  throw new SystemError("netlink", error.errno, error.text === "" ? what : `${what}: ${error.text}`)
}
