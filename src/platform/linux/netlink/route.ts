import { addressFromBytes, addressToBytes } from "./address-bytes.ts"
import { attribute, decodeAttributes, readU32, u32 } from "./message.ts"

export const RTM_NEWROUTE = 24
export const RTM_DELROUTE = 25
export const RTM_GETROUTE = 26

const RTA_DST = 1
const RTA_OIF = 4
const RTA_GATEWAY = 5
const RTA_PRIORITY = 6
const RTA_PREFSRC = 7
const RTA_TABLE = 15
const RTNH_F_ONLINK = 4
export const RT_TABLE_MAIN = 254
const SCOPE_UNIVERSE = 0
const SCOPE_LINK = 253
const SCOPE_NOWHERE = 255

const types = { unicast: 1, local: 2, blackhole: 6, unreachable: 7 } as const
export type RouteType = keyof typeof types
const typeNames: ReadonlyMap<number, RouteType> = new Map(
  Object.entries(types).map(([name, number]) => [number, name as RouteType]),
)

/**
 * `protocol` says who made the route, so that ours can be told from others' (`ip route` prints it). Numbers from 128 to
 * 191 are free for private use; ours is chosen there.
 */
export const ROUTE_PROTOCOL_GANTRY = 171

export interface Route {
  readonly type: RouteType
  /** `10.244.1.0/24`; the default route is `0.0.0.0/0` or `::/0`. */
  readonly destination: string
  readonly gateway?: string
  /** The gateway is reachable on the interface although no address of it says so. */
  readonly onlink?: boolean
  /** Index of the interface. */
  readonly index?: number
  /** The source address that local programs use on it. */
  readonly source?: string
  readonly metric?: number
  readonly table?: number
  readonly protocol?: number
}

/** `struct rtmsg` and attributes. */
export function encodeRoute(route: Route): Buffer[] {
  const [address = "", length = ""] = route.destination.split("/")
  const bytes = addressToBytes(address)
  const header = Buffer.alloc(12)
  header[0] = bytes.length === 4 ? 2 : 10
  header[1] = Number(length)
  header[5] = route.protocol ?? ROUTE_PROTOCOL_GANTRY
  header[6] = scopeOf(route)
  header[7] = types[route.type]
  header.writeUInt32LE(route.onlink ? RTNH_F_ONLINK : 0, 8)
  const parts = [header, u32(RTA_TABLE, route.table ?? RT_TABLE_MAIN)]
  if (Number(length) > 0) parts.push(attribute(RTA_DST, bytes))
  if (route.gateway !== undefined) parts.push(attribute(RTA_GATEWAY, addressToBytes(route.gateway)))
  if (route.index !== undefined) parts.push(u32(RTA_OIF, route.index))
  if (route.source !== undefined) parts.push(attribute(RTA_PREFSRC, addressToBytes(route.source)))
  if (route.metric !== undefined) parts.push(u32(RTA_PRIORITY, route.metric))
  return parts
}

/** Undefined for kinds of routes that we never make (broadcast, multicast, multipath). */
export function decodeRoute(payload: Buffer): Route | undefined {
  const type = typeNames.get(payload[7] ?? 0)
  if (type === undefined) return undefined
  const attributes = decodeAttributes(payload, 12)
  const any = payload[0] === 2 ? "0.0.0.0" : "::"
  const destination = attributes.get(RTA_DST)
  const gateway = attributes.get(RTA_GATEWAY)
  const source = attributes.get(RTA_PREFSRC)
  const index = readU32(attributes, RTA_OIF)
  const metric = readU32(attributes, RTA_PRIORITY)
  return {
    type,
    destination: `${destination ? addressFromBytes(destination) : any}/${payload[1]}`,
    ...(gateway ? { gateway: addressFromBytes(gateway) } : {}),
    ...(payload.readUInt32LE(8) & RTNH_F_ONLINK ? { onlink: true } : {}),
    ...(index === undefined ? {} : { index }),
    ...(source ? { source: addressFromBytes(source) } : {}),
    ...(metric === undefined ? {} : { metric }),
    table: readU32(attributes, RTA_TABLE) ?? payload[4] ?? 0,
    protocol: payload[5] ?? 0,
  }
}

function scopeOf(route: Route): number {
  if (route.type === "local") return SCOPE_NOWHERE - 1
  if (route.type !== "unicast") return SCOPE_UNIVERSE
  return route.gateway === undefined ? SCOPE_LINK : SCOPE_UNIVERSE
}
