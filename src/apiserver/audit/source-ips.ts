import { isIP } from "node:net"
import type { Exchange } from "../transport/exchange.ts"

/** Where a request comes from: first what proxies claim, which anybody can write, at the end who is connected. */
export function sourceIps({ headers, socket }: Pick<Exchange, "headers" | "socket">): string[] {
  const addresses = text(headers["x-forwarded-for"]).split(",").flatMap(parse)
  const [real] = parse(text(headers["x-real-ip"]))
  if (real !== undefined && !addresses.includes(real)) addresses.push(real)
  const [remote] = parse(socket.remoteAddress ?? "")
  if (remote !== undefined && addresses.at(-1) !== remote) addresses.push(remote)
  return addresses
}

const text = (header: string | readonly string[] | undefined): string =>
  typeof header === "string" ? header : (header ?? []).join(",")

/** As Go prints addresses: those of IPv4 in their own form. */
function parse(address: string): string[] {
  const trimmed = address.trim()
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(trimmed)?.[1]
  if (mapped !== undefined && isIP(mapped) === 4) return [mapped]
  switch (isIP(trimmed)) {
    case 4:
      return [trimmed]
    case 6:
      return [new URL(`http://[${trimmed.replace(/%.*$/, "")}]`).hostname.slice(1, -1)]
    default:
      return []
  }
}
