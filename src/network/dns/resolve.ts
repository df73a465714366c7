import type { Platform } from "../../platform/platform.ts"
import { type AnswerFacts, answer } from "./answer.ts"
import { ResponseCache } from "./cache.ts"
import {
  decodeQuery,
  encodeFormatError,
  encodeQuery,
  encodeResponse,
  FormatError,
  HEADER_BYTES,
  type Query,
  readRecords,
  TCP_BYTES_MAX,
  UDP_BYTES_DEFAULT,
  UDP_BYTES_MAX,
} from "./message.ts"
import { decodeName } from "./name.ts"
import { type ResourceRecord, rcodes, types } from "./record.ts"
import type { Transport, Upstream } from "./upstream.ts"
import type { Zone } from "./zone.ts"

export interface ResolverOptions extends Pick<AnswerFacts, "ranges"> {
  readonly zone: Zone
  readonly upstream: Upstream
  /** May this address ask? */
  readonly isInside: (address: string) => boolean
  readonly platform: Pick<Platform, "clock" | "random">
}

export interface Resolver {
  /** The answer to one message, or undefined when it deserves none. */
  resolve(message: Buffer, client: string, transport: Transport): Promise<Buffer | undefined>
}

const FLAG_TRUNCATED = 0x02
/** Each waits with a socket of its own. */
const WAITING_MAX = 1000

/** Answers queries: names of the cluster from the zone, all others from the node's own name servers. */
export function createResolver(options: ResolverOptions): Resolver {
  const { zone, upstream, platform } = options
  const cache = new ResponseCache()
  let waiting = 0

  async function resolveQuery(query: Query, client: string, transport: Transport): Promise<Buffer> {
    const bytesMax =
      transport === "tcp" ? TCP_BYTES_MAX : Math.min(query.edns?.udpBytes ?? UDP_BYTES_DEFAULT, UDP_BYTES_MAX)
    if (!options.isInside(client)) return encodeResponse(query, failure(rcodes.REFUSED), bytesMax)
    const verdict = answer(query, { zone, ranges: options.ranges, rotation: platform.random.int(65536) })
    if (verdict.do === "forward") return fitting(query, await forward(query, transport), bytesMax)
    const { response, chase } = verdict
    if (chase === undefined) return encodeResponse(query, response, bytesMax)
    const chased = await addressesOf(chase, query.type)
    if (!chased) return encodeResponse(query, failure(rcodes.SERVFAIL), bytesMax)
    return encodeResponse(query, { ...response, answers: [...response.answers, ...chased] }, bytesMax)
  }

  async function forward(query: Query, transport: Transport): Promise<Buffer> {
    const known = cache.get(query, platform.clock.monotonicMs())
    if (known) return known
    if (waiting >= WAITING_MAX) return encodeResponse(query, failure(rcodes.SERVFAIL), TCP_BYTES_MAX)
    waiting++
    const response = await upstream.ask(query.raw, transport).finally(() => waiting--)
    if (!response) return encodeResponse(query, failure(rcodes.SERVFAIL), TCP_BYTES_MAX)
    remember(query, response)
    return response
  }

  function remember(query: Query, response: Buffer): void {
    try {
      cache.put(query, response, platform.clock.monotonicMs())
    } catch (error) {
      // What an upstream server sends may be broken: the client shall judge, but nobody else sees it.
      if (!(error instanceof RangeError)) throw error
    }
  }

  /** The end of a CNAME that leads out of the cluster. Stub resolvers follow none themselves. */
  async function addressesOf(name: string, type: number): Promise<ResourceRecord[] | undefined> {
    const query = decodeQuery(encodeQuery(0, name, type))
    if (!query) return undefined
    const response = await forward(query, "tcp").catch(() => undefined)
    return response && readAddresses(response)
  }

  return {
    async resolve(message, client, transport) {
      try {
        const query = decodeQuery(message)
        return query && (await resolveQuery(query, client, transport))
      } catch (error) {
        if (error instanceof FormatError) return encodeFormatError(message, error.rcode)
        throw error
      }
    },
  }
}

function failure(rcode: number) {
  return { rcode, authoritative: false, answers: [], authority: [] }
}

/** An answer that the client cannot take is cut down to its question; the client then asks over TCP. */
function fitting(query: Query, response: Buffer, bytesMax: number): Buffer {
  if (response.length <= bytesMax) return response
  const cut = encodeResponse(query, { ...failure(rcodes.NOERROR), authoritative: false }, bytesMax)
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
      if (type === types.A) return [{ name, ttl, data: { type: "A", address: data.join(".") } }]
      if (type !== types.AAAA) return []
      const groups = data.toString("hex").match(/.{4}/g) ?? []
      return [{ name, ttl, data: { type: "AAAA", address: groups.join(":") } }]
    })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
