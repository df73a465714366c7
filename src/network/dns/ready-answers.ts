import { NewestMap } from "../../machinery/newest-map.ts"
import type { CachedResponse } from "./cache.ts"
import { HEADER_BYTES, type Query, type Response } from "./message.ts"
import { types } from "./record.ts"
import type { Zone } from "./zone.ts"

/** Together with the next one this bounds what somebody who asks in ever new ways can make of it: 40 MB. */
const ENTRIES_MAX = 4000
/** An answer of several records is kept in every order, or not at all: no endpoint comes first less often than others. */
const ORDERS_MAX = 8
/** The record of EDNS without options: https://www.rfc-editor.org/rfc/rfc6891#section-6.1.2 */
const OPT_BYTES = 11

/** Answers to one question that say the same; those of upstream servers get older. */
interface ReadyAnswer {
  /** In each order that was asked for so far. No buffers: those would hold on to the memory of their neighbours. */
  readonly orders: (Uint8Array | undefined)[]
  turn: number
  readonly name: string
  /** Of the name in the zone, when this was true. */
  readonly version: number
  readonly from?: CachedResponse
}

/**
 * Answers as bytes, by the bytes of their question: most questions over UDP have been asked before, bit by bit but for
 * their id. What is looked up here makes no object but the answer.
 */
export class ReadyAnswers {
  readonly #known = new NewestMap<string, ReadyAnswer>(ENTRIES_MAX)

  /** The answer with the question's id, as of now. */
  get(message: Buffer, zone: Zone, nowMs: number): Buffer | undefined {
    const key = keyOf(message)
    const found = this.#known.get(key)
    if (found === undefined) return undefined
    const { orders, from } = found
    if (from === undefined ? zone.versionOf(found.name) !== found.version : from.untilMs <= nowMs) {
      this.#known.delete(key)
      return undefined
    }
    found.turn = (found.turn + 1) % orders.length
    const bytes = orders[found.turn]
    if (bytes === undefined) return undefined
    const answer = Buffer.from(bytes)
    answer[0] = message[0] ?? 0
    answer[1] = message[1] ?? 0
    if (from) growOld(answer, from, nowMs)
    return answer
  }

  /** Which record comes first in the order that is missing of what is known; undefined when nothing is. */
  missingOrder({ raw }: Query): number | undefined {
    return this.#known.get(keyOf(raw))?.turn
  }

  /** Keeps what the zone says of the name; `rotation`: which of the answers is the first. */
  putOwn(query: Query, encoded: Buffer, { answers, authoritative }: Response, zone: Zone, rotation: number): void {
    const { name } = query
    // An alias says what other names say, which may change without its own; in a circle it is a failure.
    const isOfName = authoritative && query.type !== types.SOA && answers.every(({ data }) => data.type !== "CNAME")
    if (!isOfName || answers.length > ORDERS_MAX || !isPlain(query)) return
    const key = keyOf(query.raw)
    const version = zone.versionOf(name)
    let entry = this.#known.get(key)
    if (entry?.version !== version || entry.from !== undefined) {
      const orders = Array.from({ length: Math.max(1, answers.length) }, () => undefined)
      entry = { orders, turn: 0, name, version }
      this.#known.set(key, entry)
    }
    entry.orders[rotation % entry.orders.length] = new Uint8Array(encoded)
  }

  /** Keeps what an upstream server said, for as long as that lasts. `answer`: addressed to the client, as it came. */
  putForeign(query: Query, answer: Buffer, from: CachedResponse): void {
    if (isPlain(query))
      this.#known.set(keyOf(query.raw), {
        orders: [new Uint8Array(answer)],
        turn: 0,
        name: query.name,
        version: 0,
        from,
      })
  }

  clear(): void {
    this.#known.clear()
  }
}

/** Takes off the TTLs what has passed. */
export function growOld(answer: Buffer, { storedAtMs, ttlOffsets }: CachedResponse, nowMs: number): void {
  const age = Math.floor((nowMs - storedAtMs) / 1000)
  if (age === 0) return
  for (const at of ttlOffsets) answer.writeUInt32BE(Math.max(0, answer.readUInt32BE(at) - age), at)
}

/** All but the id. */
const keyOf = (message: Buffer): string => message.toString("latin1", 2)

/** Whoever plays with the case of letters or with cookies never asks the same twice, and would only fill the memory. */
function isPlain({ raw, question, edns }: Query): boolean {
  if (raw.length !== HEADER_BYTES + question.length + (edns ? OPT_BYTES : 0)) return false
  // The type and the class behind the name have no case.
  return !question.subarray(0, -4).some((byte) => byte >= 0x41 && byte <= 0x5a)
}
