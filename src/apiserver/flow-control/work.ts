import type { RequestInfo } from "../call.ts"

/** How much of the server a request takes. */
export interface Work {
  /** Places it holds while it runs. */
  readonly seats: number
  /** Places that telling watchers takes afterwards, and for how long. */
  readonly finalSeats: number
  readonly finalMs: number
}

/** What there is of a kind: a list has to go through its objects, a change has to be told to its watchers. */
export interface Load {
  readonly objects: number
  readonly watchers: number
}

const ONE_SEAT: Work = { seats: 1, finalSeats: 0, finalMs: 0 }
const SEATS_MAX = 10
const OBJECTS_PER_SEAT = 100
const WATCHERS_PER_SEAT = 10
const EVENT_MS = 5
const READING = new Set(["get", "head", "options"])

export function estimateWork(
  info: RequestInfo,
  query: URLSearchParams,
  seatsMax: number,
  loadOf: (info: RequestInfo) => Load | undefined,
): Work {
  if (!info.isResource || READING.has(info.verb)) return ONE_SEAT
  const most = Math.max(1, Math.min(seatsMax, SEATS_MAX))
  if (info.verb === "list" || info.verb === "watch") {
    const objects = info.name !== "" || !isWhole(info, query) ? 1 : (loadOf(info)?.objects ?? 1)
    const seats = Math.min(most, Math.max(1, Math.ceil(objects / OBJECTS_PER_SEAT)))
    return seats === 1 ? ONE_SEAT : { ...ONE_SEAT, seats }
  }
  // A token is an answer; nothing changes that anybody watches.
  if (info.resource === "serviceaccounts" && info.subresource === "token") return ONE_SEAT
  const watchers = loadOf(info)?.watchers ?? 0
  if (watchers < WATCHERS_PER_SEAT) return ONE_SEAT
  const wanted = Math.ceil(watchers / WATCHERS_PER_SEAT)
  const finalSeats = Math.min(most, wanted)
  return { seats: 1, finalSeats, finalMs: (wanted * EVENT_MS) / finalSeats }
}

/** Whether all objects are read: a watch that goes on from a revision begins with nothing. */
function isWhole({ verb }: RequestInfo, query: URLSearchParams): boolean {
  if (verb === "list") return true
  const from = query.get("resourceVersion") ?? ""
  return query.get("sendInitialEvents") === "true" || from === "" || from === "0"
}
