import { isIP } from "node:net"

/** A name server to forward to. Default port: 53. */
export interface NameServer {
  readonly address: string
  readonly port?: number
}

/** What a cluster's owner may change about names outside the cluster. */
export interface DnsSettings {
  /** Which servers know the names under a domain, instead of the node's own servers. Names without the dot at the end. */
  readonly stubDomains: ReadonlyMap<string, readonly NameServer[]>
  /** Instead of the node's own servers. Empty: the node's own. */
  readonly upstreamNameservers: readonly NameServer[]
  /** Whether a pod's search path is walked here, as CoreDNS' autopath does: one question instead of up to five. */
  readonly autopath: boolean
}

export const DEFAULT_DNS_SETTINGS: DnsSettings = { stubDomains: new Map(), upstreamNameservers: [], autopath: false }

const UPSTREAMS_MAX = 3
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/

/**
 * Reads the data of the ConfigMap `kube-system/kube-dns`: `stubDomains` (JSON object from domain to list of servers) and
 * `upstreamNameservers` (JSON list of at most three) as
 * https://kubernetes.io/docs/tasks/administer-cluster/dns-custom-nameservers/ has them for kube-dns, and `autopath`
 * (`true` or `false`). Keys that are wrong count as absent and are told in `problems`.
 */
export function readDnsSettings(data: Readonly<Record<string, string>>): {
  readonly settings: DnsSettings
  readonly problems: readonly string[]
} {
  const problems: string[] = []
  const settings: { -readonly [K in keyof DnsSettings]: DnsSettings[K] } = { ...DEFAULT_DNS_SETTINGS }
  for (const [key, text] of Object.entries(data)) {
    try {
      if (key === "stubDomains") settings.stubDomains = stubDomains(JSON.parse(text))
      else if (key === "upstreamNameservers") settings.upstreamNameservers = servers(JSON.parse(text), UPSTREAMS_MAX)
      else if (key === "autopath") settings.autopath = truth(text)
      else throw new SyntaxError("unknown key; known are stubDomains, upstreamNameservers and autopath")
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      problems.push(`data[${key}]: ${error.message}`)
    }
  }
  return { settings, problems }
}

function stubDomains(value: unknown): ReadonlyMap<string, readonly NameServer[]> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SyntaxError('expected an object such as {"acme.example": ["192.0.2.53"]}')
  }
  return new Map(Object.entries(value).map(([name, list]) => [domain(name), servers(list)]))
}

function domain(text: string): string {
  const name = text.toLowerCase().replace(/\.$/, "")
  if (name.split(".").every((label) => LABEL.test(label)) && name.length <= 253) return name
  throw new SyntaxError(`${JSON.stringify(text)} is no domain name`)
}

function servers(value: unknown, most = Number.POSITIVE_INFINITY): readonly NameServer[] {
  if (!Array.isArray(value) || value.length === 0) throw new SyntaxError("expected a list of IP addresses")
  if (value.length > most) throw new SyntaxError(`at most ${most} name servers`)
  return value.map(server)
}

/** `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`. */
function server(value: unknown): NameServer {
  const text = typeof value === "string" ? value : ""
  if (isIP(text) !== 0) return { address: text }
  const [, bracketed, plain, digits = ""] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  const isAddress = bracketed === undefined ? isIP(plain ?? "") === 4 : isIP(bracketed) === 6
  if (isAddress && port > 0 && port < 65536) return { address: bracketed ?? plain ?? "", port }
  throw new SyntaxError(`${JSON.stringify(value)} is no IP address, with or without a port`)
}

function truth(text: string): boolean {
  if (text === "true" || text === "false") return text === "true"
  throw new SyntaxError(`${JSON.stringify(text)} is neither true nor false`)
}

/** The servers of the longest stub domain that the name is in, or those for all other names; undefined: the node's own. */
export function serversFor(name: string, settings: DnsSettings): readonly NameServer[] | undefined {
  for (let rest = name; rest !== ""; rest = rest.includes(".") ? rest.slice(rest.indexOf(".") + 1) : "") {
    const own = settings.stubDomains.get(rest)
    if (own) return own
  }
  return settings.upstreamNameservers.length > 0 ? settings.upstreamNameservers : undefined
}
