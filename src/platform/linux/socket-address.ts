import { isIPv4, isIPv6 } from "node:net"

const AF_INET = 2
const AF_INET6 = 10

/** The kernel's form of an address and a port: sockaddr_in or sockaddr_in6. `host` must be an address, not a name. */
export function encodeSocketAddress(host: string, port: number): Buffer {
  if (isIPv4(host)) {
    const address = Buffer.alloc(16)
    address.writeUInt16LE(AF_INET, 0)
    address.writeUInt16BE(port, 2)
    address.set(host.split(".").map(Number), 4)
    return address
  }
  if (isIPv6(host) && !host.includes("%")) {
    const address = Buffer.alloc(28)
    address.writeUInt16LE(AF_INET6, 0)
    address.writeUInt16BE(port, 2)
    for (const [i, group] of ipv6Groups(host).entries()) address.writeUInt16BE(group, 8 + 2 * i)
    return address
  }
  throw new TypeError(`found ${JSON.stringify(host)}, expected an IPv4 or IPv6 address without a zone`)
}

/** The eight 16-bit groups of a valid address. */
function ipv6Groups(host: string): number[] {
  // WHATWG URL turns an embedded IPv4 address into groups and keeps at most one `::`.
  const [head = "", tail] = new URL(`http://[${host}]/`).hostname.slice(1, -1).split("::")
  const groups = (text: string) => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)))
  const [before, after] = [groups(head), groups(tail ?? "")]
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after]
}
