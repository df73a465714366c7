import { hasCode } from "../system-error.ts"
import { addressFromBytes } from "./address-bytes.ts"
import { attribute, decodeAttributes } from "./message.ts"
import { NETLINK_NETFILTER, openNetlinkSocket } from "./socket.ts"

const NFNL_SUBSYS_CTNETLINK = 1
const IPCTNL_MSG_CT_GET = 1
const IPCTNL_MSG_CT_DELETE = 2
const CTA_TUPLE_ORIG = 1
const CTA_TUPLE_REPLY = 2
const CTA_TUPLE_IP = 1
const CTA_TUPLE_PROTO = 2
const CTA_IP_V4_SRC = 1
const CTA_IP_V4_DST = 2
const CTA_IP_V6_SRC = 3
const CTA_IP_V6_DST = 4
const CTA_PROTO_NUM = 1
const CTA_PROTO_SRC_PORT = 2
const CTA_PROTO_DST_PORT = 3
const FAMILIES = { IPv4: 2, IPv6: 10 } as const
const NLA_F_NESTED = 0x8000

export interface FlowEnd {
  readonly source: string
  readonly sourcePort: number
  readonly destination: string
  readonly destinationPort: number
}

/** One entry of the kernel's connection tracking. */
export interface Flow {
  /** 6: TCP, 17: UDP, 132: SCTP. */
  readonly protocol: number
  /** As the first packet came in. */
  readonly original: FlowEnd
  /** As answers come in: its source is where the flow really went. */
  readonly reply: FlowEnd
  /** Names the flow to the kernel. */
  readonly tuple: Buffer
}

/** Connection tracking of one IP family in one network namespace (https://www.netfilter.org/projects/libnetfilter_conntrack/). The caller closes it. */
export interface Conntrack {
  flows(protocol: number): Flow[]
  /** The next packet of the flow is a first packet again. False when it is gone already. */
  delete(flow: Flow): boolean
  close(): void
}

/** `netns`: path of the namespace; default: the thread's own. */
export function openConntrack(family: keyof typeof FAMILIES, netns?: string): Conntrack {
  const socket = openNetlinkSocket(NETLINK_NETFILTER, netns)
  // struct nfgenmsg: family, version, resource.
  const header = Buffer.from([FAMILIES[family], 0, 0, 0])
  const type = (message: number) => (NFNL_SUBSYS_CTNETLINK << 8) | message
  return {
    flows(protocol) {
      const found = socket.dump(type(IPCTNL_MSG_CT_GET), [header], "connections")
      return found.flatMap((payload) => {
        const flow = decodeFlow(payload)
        return flow?.protocol === protocol ? [flow] : []
      })
    },
    delete(flow) {
      try {
        socket.request(type(IPCTNL_MSG_CT_DELETE), 0, [header, nestedTuple(flow.tuple)], "delete connection")
        return true
      } catch (error) {
        if (hasCode(error, "ENOENT")) return false
        throw error
      }
    },
    close: () => socket.close(),
  }
}

function nestedTuple(tuple: Buffer): Buffer {
  return attribute(CTA_TUPLE_ORIG | NLA_F_NESTED, tuple)
}

function decodeFlow(payload: Buffer): Flow | undefined {
  const attributes = decodeAttributes(payload, 4)
  const [original, reply] = [attributes.get(CTA_TUPLE_ORIG), attributes.get(CTA_TUPLE_REPLY)]
  if (!original || !reply) return undefined
  const protocol = decodeAttributes(decodeAttributes(original).get(CTA_TUPLE_PROTO) ?? Buffer.alloc(0))
  return {
    protocol: protocol.get(CTA_PROTO_NUM)?.[0] ?? 0,
    original: decodeEnd(original),
    reply: decodeEnd(reply),
    tuple: original,
  }
}

function decodeEnd(tuple: Buffer): FlowEnd {
  const parts = decodeAttributes(tuple)
  const ip = decodeAttributes(parts.get(CTA_TUPLE_IP) ?? Buffer.alloc(0))
  const ports = decodeAttributes(parts.get(CTA_TUPLE_PROTO) ?? Buffer.alloc(0))
  return {
    source: addressOf(ip.get(CTA_IP_V4_SRC) ?? ip.get(CTA_IP_V6_SRC)),
    destination: addressOf(ip.get(CTA_IP_V4_DST) ?? ip.get(CTA_IP_V6_DST)),
    sourcePort: ports.get(CTA_PROTO_SRC_PORT)?.readUInt16BE(0) ?? 0,
    destinationPort: ports.get(CTA_PROTO_DST_PORT)?.readUInt16BE(0) ?? 0,
  }
}

const addressOf = (bytes: Buffer | undefined): string => (bytes ? addressFromBytes(bytes) : "")
