import { NewestMap } from "../../machinery/newest-map.ts"
import { HEADER_BYTES, isTruncated, type Query, rcodeOf, readRecords, UDP_BYTES_DEFAULT } from "./message.ts"
import { decodeName } from "./name.ts"
import { rcodes, types } from "./record.ts"

/** Seconds; what CoreDNS is configured with in most clusters. Bounds how long a changed name goes unnoticed. */
const KEEP_SECONDS_MAX = 30
/** What cannot be answered is not asked again and again: https://www.rfc-editor.org/rfc/rfc9520, as CoreDNS has it. */
const FAILURE_SECONDS = 5
const ENTRIES_MAX = 10_000

/** An answer of an upstream server. */
export interface CachedResponse {
  readonly response: Buffer
  readonly storedAtMs: number
  readonly untilMs: number
  readonly ttlOffsets: readonly number[]
}

/** Answers of upstream servers, for as long as they say, half a minute at most. */
export class ResponseCache {
  readonly #entries = new NewestMap<string, CachedResponse>(ENTRIES_MAX)

  /** The answer as it came, while it is true. */
  get(query: Query, nowMs: number): CachedResponse | undefined {
    const key = keyOf(query)
    const entry = this.#entries.get(key)
    if (!entry || entry.untilMs > nowMs) return entry
    this.#entries.delete(key)
    return undefined
  }

  clear(): void {
    this.#entries.clear()
  }

  /** Keeps the answer when it says something that lasts. */
  put(query: Query, response: Buffer, nowMs: number): void {
    const seconds = lifetime(response)
    if (seconds === undefined) return
    const records = readRecords(response, decodeName(response, HEADER_BYTES).end + 4)
    this.#entries.set(keyOf(query), {
      response,
      storedAtMs: nowMs,
      untilMs: nowMs + seconds * 1000,
      ttlOffsets: records.flatMap(({ type, ttlAt }) => (type === types.OPT ? [] : [ttlAt])),
    })
  }
}

/** A copy of the answer to the same question of somebody else: with this client's id, and the case of its letters. */
export function addressedTo(query: Query, response: Buffer): Buffer {
  const own = Buffer.from(response)
  own.writeUInt16BE(query.id, 0)
  query.question.copy(own, HEADER_BYTES)
  return own
}

/** Whatever can change the answer. */
export function keyOf({ name, type, class: queryClass, flags, edns }: Query): string {
  const asked = edns ? `edns ${edns.dnssecOk} ${edns.udpBytes > UDP_BYTES_DEFAULT}` : ""
  // 0x0130: recursion desired, authentic data, checking disabled.
  return `${type} ${queryClass} ${flags & 0x0130} ${asked} ${name}`
}

/** Undefined for what must not be kept. */
function lifetime(response: Buffer): number | undefined {
  const rcode = rcodeOf(response)
  if (rcode === rcodes.SERVFAIL) return FAILURE_SECONDS
  if (isTruncated(response) || (rcode !== rcodes.NOERROR && rcode !== rcodes.NXDOMAIN)) return undefined
  const records = readRecords(response, decodeName(response, HEADER_BYTES).end + 4)
  const answers = records.filter(({ section }) => section === 0)
  const authority = records.find(({ section, type }) => section === 1 && type === types.SOA)
  // Without an answer the authority says how long that is true: https://www.rfc-editor.org/rfc/rfc2308#section-5
  const minimum = authority && response.readUInt32BE(authority.dataAt + authority.dataLength - 4)
  const ttls = answers.length > 0 ? answers.map(({ ttl }) => ttl) : authority ? [authority.ttl, minimum ?? 0] : [0]
  const seconds = Math.min(KEEP_SECONDS_MAX, ...ttls)
  return seconds > 0 ? seconds : undefined
}
