import { addressFromBytes } from "../../platform/linux/netlink/address-bytes.ts"
import type { Platform } from "../../platform/platform.ts"
import { type AnswerFacts, answer } from "./answer.ts"
import { addressedTo, type CachedResponse, keyOf, ResponseCache } from "./cache.ts"
import { ClientLimits } from "./client-limits.ts"
import { DEFAULT_DNS_SETTINGS, type DnsSettings, serversFor } from "./dns-settings.ts"
import {
  decodeQuery,
  encodeFormatError,
  encodeQuery,
  encodeResponse,
  FormatError,
  HEADER_BYTES,
  type Query,
  type Response,
  readRecords,
  TCP_BYTES_MAX,
  UDP_BYTES_DEFAULT,
  UDP_BYTES_MAX,
} from "./message.ts"
import { decodeName } from "./name.ts"
import { growOld, ReadyAnswers } from "./ready-answers.ts"
import { type ResourceRecord, rcodes, types } from "./record.ts"
import { furtherNames } from "./search-path.ts"
import { CLUSTER_TTL_SECONDS } from "./service-records.ts"
import type { Transport, Upstream } from "./upstream.ts"
import type { Zone } from "./zone.ts"

export interface ResolverOptions extends Pick<AnswerFacts, "ranges"> {
  readonly zone: Zone
  readonly upstream: Upstream
  /** May this address ask? */
  readonly isInside: (address: string) => boolean
  /** Whose address it is, when a pod of this node has it. */
  readonly namespaceOf?: (address: string) => string | undefined
  /** What the node's search path adds to that of its pods. */
  readonly nodeSearches: () => readonly string[]
  readonly platform: Pick<Platform, "clock" | "random">
}

export interface Resolver {
  /** The answer to one message, or undefined when it deserves none. At once when it is known. */
  resolve(message: Buffer, client: string, transport: Transport): Buffer | undefined | Promise<Buffer | undefined>
  /** From now on these settings count. */
  configure(settings: DnsSettings): void
}

const FLAG_TRUNCATED = 0x02
/** Each waits with a socket of its own. */
const WAITING_MAX = 1000

/** Answers queries: names of the cluster from the zone, all others from the node's own name servers. */
export function createResolver(options: ResolverOptions): Resolver {
  const { zone, upstream, platform } = options
  const cache = new ResponseCache()
  const ready = new ReadyAnswers()
  const limits = new ClientLimits()
  /** Questions that wait for servers outside: who asks the same meanwhile waits along. */
  const underWay = new Map<string, Promise<Buffer | undefined>>()
  let settings = DEFAULT_DNS_SETTINGS

  async function resolveAnew(message: Buffer, client: string, transport: Transport, inside: boolean) {
    try {
      const query = decodeQuery(message)
      if (!query) return undefined
      if (!inside) return encodeResponse(query, failure(rcodes.REFUSED), UDP_BYTES_DEFAULT)
      return await resolveQuery(query, client, transport)
    } catch (error) {
      if (error instanceof FormatError) return encodeFormatError(message, error.rcode)
      throw error
    }
  }

  async function resolveQuery(query: Query, client: string, transport: Transport): Promise<Buffer> {
    const bytesMax = transport === "tcp" ? TCP_BYTES_MAX : bytesMaxOf(query)
    const rotation = ready.missingOrder(query) ?? platform.random.int(65536)
    const verdict = answer(query, { zone, ranges: options.ranges, rotation })
    if (verdict.do === "forward") return fitting(query, await forward(query, client, transport), bytesMax)
    const { response, chase } = verdict
    if (chase !== undefined) {
      const chased = await addressesOf(chase, query.type, client)
      if (!chased) return encodeResponse(query, failure(rcodes.SERVFAIL), bytesMax)
      return encodeResponse(query, { ...response, answers: [...response.answers, ...chased] }, bytesMax)
    }
    const mayGoOn = response.rcode === rcodes.NXDOMAIN && settings.autopath
    const found = mayGoOn ? await alongSearchPath(query, client) : undefined
    const encoded = encodeResponse(query, found ?? response, bytesMax)
    if (!mayGoOn && transport === "udp") ready.putOwn(query, encoded, response, zone, rotation)
    return encoded
  }

  /** What the client would find under the further names of its search path. Undefined: nothing, or it is not asked for. */
  async function alongSearchPath(query: Query, client: string): Promise<Response | undefined> {
    const namespace = options.namespaceOf?.(client)
    if (namespace === undefined || (query.type !== types.A && query.type !== types.AAAA)) return undefined
    for (const name of furtherNames(query.name, namespace, zone.domain, options.nodeSearches())) {
      const found = await addressesOf(name, query.type, client)
      if (!found || found.length === 0) continue
      const alias: ResourceRecord = {
        name: query.name,
        ttl: CLUSTER_TTL_SECONDS,
        data: { type: "CNAME", target: name },
      }
      return { rcode: rcodes.NOERROR, authoritative: true, answers: [alias, ...found], authority: [], additional: [] }
    }
    return undefined
  }

  async function forward(query: Query, client: string, transport: Transport): Promise<Buffer> {
    const now = platform.clock.monotonicMs()
    const known = cache.get(query, now)
    if (known) return aged(query, known, now, transport)
    const response = await limits.whileWaiting(client, now, () => ask(query, transport))
    return response ? addressedTo(query, response) : encodeResponse(query, failure(rcodes.SERVFAIL), TCP_BYTES_MAX)
  }

  function aged(query: Query, known: CachedResponse, nowMs: number, transport: Transport): Buffer {
    const response = addressedTo(query, known.response)
    if (transport === "udp" && response.length <= bytesMaxOf(query)) ready.putForeign(query, response, known)
    growOld(response, known, nowMs)
    return response
  }

  function ask(query: Query, transport: Transport): Promise<Buffer | undefined> {
    const key = `${transport} ${keyOf(query)}`
    const waiting = underWay.get(key)
    if (waiting) return waiting
    if (underWay.size >= WAITING_MAX) return Promise.resolve(undefined)
    const asked = settings
    const asking = upstream
      .ask(query.raw, transport, serversFor(query.name, asked))
      .then((response) => {
        // An answer of servers that are not to be asked any more must not stay.
        if (response && asked === settings) remember(query, response)
        return response
      })
      .finally(() => {
        if (underWay.get(key) === asking) underWay.delete(key)
      })
    underWay.set(key, asking)
    return asking
  }

  function remember(query: Query, response: Buffer): void {
    try {
      cache.put(query, response, platform.clock.monotonicMs())
    } catch (error) {
      // What an upstream server sends may be broken: the client shall judge, but nobody else sees it.
      if (!(error instanceof RangeError)) throw error
    }
  }

  /** The addresses under a name, with the aliases on the way. Undefined when nobody can tell. */
  async function addressesOf(name: string, type: number, client: string): Promise<ResourceRecord[] | undefined> {
    const query = decodeQuery(encodeQuery(0, name, type))
    if (!query) return undefined
    const verdict = answer(query, { zone, ranges: options.ranges, rotation: platform.random.int(65536) })
    if (verdict.do === "forward") return readAddresses(await forward(query, client, "tcp"))
    const { response, chase } = verdict
    if (chase === undefined) return [...response.answers]
    const chased = await addressesOf(chase, type, client)
    return chased && [...response.answers, ...chased]
  }

  return {
    configure(changed) {
      settings = changed
      cache.clear()
      ready.clear()
      underWay.clear()
    },
    resolve(message, client, transport) {
      const inside = options.isInside(client)
      const now = platform.clock.monotonicMs()
      if (inside && !limits.admit(client, now)) return undefined
      const known = inside && transport === "udp" ? ready.get(message, zone, now) : undefined
      return known ?? resolveAnew(message, client, transport, inside)
    },
  }
}

/** What the client takes over UDP. */
function bytesMaxOf({ edns }: Query): number {
  return Math.min(edns?.udpBytes ?? UDP_BYTES_DEFAULT, UDP_BYTES_MAX)
}

function failure(rcode: number) {
  return { rcode, authoritative: false, answers: [], authority: [], additional: [] }
}

/** An answer that the client cannot take is cut down to its question; the client then asks over TCP. */
function fitting(query: Query, response: Buffer, bytesMax: number): Buffer {
  if (response.length <= bytesMax) return response
  const cut = encodeResponse(query, failure(rcodes.NOERROR), bytesMax)
  cut[2] = (cut[2] ?? 0) | FLAG_TRUNCATED
  return cut
}

/** The address records and aliases in an answer; anything else makes no difference to who asked for addresses. */
function readAddresses(response: Buffer): ResourceRecord[] | undefined {
  try {
    const records = readRecords(response, decodeName(response, HEADER_BYTES).end + 4)
    return records.flatMap(({ section, name, type, ttl, dataAt, dataLength }): ResourceRecord[] => {
      if (section !== 0) return []
      const data = response.subarray(dataAt, dataAt + dataLength)
      if (type === types.CNAME)
        return [{ name, ttl, data: { type: "CNAME", target: decodeName(response, dataAt).name } }]
      if (type !== types.A && type !== types.AAAA) return []
      return [{ name, ttl, data: { type: type === types.A ? "A" : "AAAA", address: addressFromBytes(data) } }]
    })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
