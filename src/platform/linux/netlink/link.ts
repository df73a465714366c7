import { addressFromBytes, addressToBytes, macFromBytes, macToBytes } from "./address-bytes.ts"
import { attribute, decodeAttributes, nested, readText, readU8, readU32, text, u8, u16be, u32 } from "./message.ts"

export const RTM_NEWLINK = 16
export const RTM_DELLINK = 17
export const RTM_GETLINK = 18
export const RTM_SETLINK = 19

const IFF_UP = 1
const IFLA_ADDRESS = 1
const IFLA_IFNAME = 3
const IFLA_MTU = 4
const IFLA_MASTER = 10
const IFLA_LINKINFO = 18
const IFLA_GROUP = 27
const IFLA_NET_NS_FD = 28
const IFLA_INFO_KIND = 1
const IFLA_INFO_DATA = 2
const IFLA_INFO_SLAVE_KIND = 4
const IFLA_INFO_SLAVE_DATA = 5
const IFLA_BRPORT_MODE = 4
const IFLA_BRPORT_LEARNING = 8
const IFLA_BRPORT_UNICAST_FLOOD = 9
const VETH_INFO_PEER = 1
const IFLA_VXLAN_ID = 1
const IFLA_VXLAN_LOCAL = 4
const IFLA_VXLAN_LOCAL6 = 17
const IFLA_VXLAN_LEARNING = 7
const IFLA_VXLAN_PORT = 15

/** Interface names have at most this many characters. */
export const INTERFACE_NAME_LENGTH_MAX = 15

/** The port that the VXLAN specification (RFC 7348) assigns. */
export const VXLAN_PORT_DEFAULT = 4789

/** What can be set on any interface, when it is created or later. */
export interface LinkSettings {
  readonly up?: boolean
  /** Bytes. */
  readonly mtu?: number
  readonly mac?: string
  /** The index of the bridge it becomes a port of; 0: of none. */
  readonly master?: number
  /** Moves it into the namespace of this open descriptor. */
  readonly netnsFd?: number
}

export type LinkSpec = LinkSettings & { readonly name: string } & (
    | { readonly kind: "bridge" }
    | {
        readonly kind: "veth"
        /** Born, down, in the namespace of `netnsFd` when that is given: the kernel ties the pair only afterwards. */
        readonly peer: Omit<LinkSettings, "up"> & { readonly name: string }
      }
    | {
        readonly kind: "vxlan"
        readonly vni: number
        readonly local?: string
        readonly port?: number
        /** Whether the device learns where hardware addresses are from what it receives. */
        readonly learning: boolean
      }
  )

export interface LinkChange extends LinkSettings {
  readonly name?: string
  /** For ports of a bridge: frames may leave through the port they came in. */
  readonly hairpin?: boolean
  readonly learning?: boolean
  readonly flood?: boolean
}

export interface Link {
  readonly index: number
  readonly name: string
  readonly up: boolean
  readonly mtu: number
  readonly mac: string
  /** Index of the bridge it is a port of; 0: none. */
  readonly master: number
  /** `bridge`, `veth`, `vxlan`; empty for devices of hardware and for `lo`. */
  readonly kind: string
  readonly hairpin: boolean
  readonly vxlan?: { readonly vni: number; readonly local: string | undefined; readonly port: number }
}

/** `struct ifinfomsg`. */
export function linkHeader(index: number, up?: boolean): Buffer {
  const header = Buffer.alloc(16)
  header.writeInt32LE(index, 4)
  if (up !== undefined) {
    header.writeUInt32LE(up ? IFF_UP : 0, 8)
    header.writeUInt32LE(IFF_UP, 12)
  }
  return header
}

export function encodeLinkSpec(spec: LinkSpec): Buffer[] {
  const info = [text(IFLA_INFO_KIND, spec.kind)]
  const data = linkData(spec)
  if (data.length > 0) info.push(nested(IFLA_INFO_DATA, data))
  return [linkHeader(0, spec.up), text(IFLA_IFNAME, spec.name), ...settings(spec), nested(IFLA_LINKINFO, info)]
}

export function encodeLinkChange(index: number, change: LinkChange): Buffer[] {
  const parts = [linkHeader(index, change.up), ...settings(change)]
  if (change.name !== undefined) parts.push(text(IFLA_IFNAME, change.name))
  const port = [
    ...flag(IFLA_BRPORT_MODE, change.hairpin),
    ...flag(IFLA_BRPORT_LEARNING, change.learning),
    ...flag(IFLA_BRPORT_UNICAST_FLOOD, change.flood),
  ]
  if (port.length > 0) {
    parts.push(nested(IFLA_LINKINFO, [text(IFLA_INFO_SLAVE_KIND, "bridge"), nested(IFLA_INFO_SLAVE_DATA, port)]))
  }
  return parts
}

export function linkName(name: string): Buffer {
  return text(IFLA_IFNAME, name)
}

export function linkGroup(group: number): Buffer {
  return u32(IFLA_GROUP, group)
}

export function decodeLink(payload: Buffer): Link {
  const attributes = decodeAttributes(payload, 16)
  const info = decodeAttributes(attributes.get(IFLA_LINKINFO) ?? Buffer.alloc(0))
  const kind = readText(info, IFLA_INFO_KIND) ?? ""
  const data = decodeAttributes(info.get(IFLA_INFO_DATA) ?? Buffer.alloc(0))
  const port = decodeAttributes(info.get(IFLA_INFO_SLAVE_DATA) ?? Buffer.alloc(0))
  const isBridgePort = readText(info, IFLA_INFO_SLAVE_KIND) === "bridge"
  return {
    index: payload.readInt32LE(4),
    name: readText(attributes, IFLA_IFNAME) ?? "",
    up: (payload.readUInt32LE(8) & IFF_UP) !== 0,
    mtu: readU32(attributes, IFLA_MTU) ?? 0,
    mac: macFromBytes(attributes.get(IFLA_ADDRESS) ?? new Uint8Array()),
    master: readU32(attributes, IFLA_MASTER) ?? 0,
    kind,
    hairpin: isBridgePort && readU8(port, IFLA_BRPORT_MODE) === 1,
    ...(kind === "vxlan" ? { vxlan: decodeVxlan(data) } : {}),
  }
}

function decodeVxlan(data: ReturnType<typeof decodeAttributes>): NonNullable<Link["vxlan"]> {
  const local = data.get(IFLA_VXLAN_LOCAL) ?? data.get(IFLA_VXLAN_LOCAL6)
  return {
    vni: readU32(data, IFLA_VXLAN_ID) ?? 0,
    local: local && addressFromBytes(local),
    port: data.get(IFLA_VXLAN_PORT)?.readUInt16BE(0) ?? VXLAN_PORT_DEFAULT,
  }
}

function settings(wanted: LinkSettings): Buffer[] {
  const parts: Buffer[] = []
  if (wanted.mtu !== undefined) parts.push(u32(IFLA_MTU, wanted.mtu))
  if (wanted.mac !== undefined) parts.push(attribute(IFLA_ADDRESS, macToBytes(wanted.mac)))
  if (wanted.master !== undefined) parts.push(u32(IFLA_MASTER, wanted.master))
  if (wanted.netnsFd !== undefined) parts.push(u32(IFLA_NET_NS_FD, wanted.netnsFd))
  return parts
}

function linkData(spec: LinkSpec): Buffer[] {
  switch (spec.kind) {
    case "bridge":
      return []
    case "veth":
      return [
        attribute(
          VETH_INFO_PEER,
          Buffer.concat([linkHeader(0), text(IFLA_IFNAME, spec.peer.name), ...settings(spec.peer)]),
        ),
      ]
    case "vxlan": {
      const local = spec.local === undefined ? [] : [addressToBytes(spec.local)]
      return [
        u32(IFLA_VXLAN_ID, spec.vni),
        u16be(IFLA_VXLAN_PORT, spec.port ?? VXLAN_PORT_DEFAULT),
        u8(IFLA_VXLAN_LEARNING, spec.learning ? 1 : 0),
        ...local.map((bytes) => attribute(bytes.length === 4 ? IFLA_VXLAN_LOCAL : IFLA_VXLAN_LOCAL6, bytes)),
      ]
    }
  }
}

function flag(type: number, value: boolean | undefined): Buffer[] {
  return value === undefined ? [] : [u8(type, value ? 1 : 0)]
}
