import type { Http2Session } from "node:http2"
import type { Socket } from "node:net"
import type { Duplex } from "node:stream"
import type { Clock, Timer } from "../../platform/clock.ts"

/**
 * The connections of a server, and which of them have to go: those that are silent, and, when there are too many, those
 * on which nobody has shown who it is. A slow or silent client costs a place for a limited time only.
 *
 *   opened ──▶ handshake, first request ──▶ exchanges ◀──▶ idle
 *                  │ FIRST_REQUEST_MS                       │ IDLE_MS
 *                  ▼                                        ▼
 *                closed                                   closed
 */
export interface Connections {
  /** A connection was accepted; its handshake follows. One too many is ended here. */
  opened(raw: Socket): void
  /** What the requests of a connection come from, once its handshake is done. */
  secured(from: Duplex | Http2Session): void
  /** Undefined when it has ended. */
  of(from: Duplex | Http2Session | undefined): Connection | undefined
  readonly size: number
  destroyAll(): void
}

export interface ConnectionLimits {
  /** Each takes a file descriptor. */
  readonly connectionsMax: number
  readonly clock: Pick<Clock, "after" | "monotonicMs">
}

/** For the handshake and the head of the first request together; Kubernetes' figure for the head of any request. */
export const FIRST_REQUEST_MS = 32_000
/** Without a request. Longer than the 90 s after which Go's clients give an idle connection up, so they never race. */
export const IDLE_MS = 180_000
/** How exactly the limits are kept: one look at all connections is cheaper than a timer for each request. */
export const SWEEP_MS = 4_000

export class Connection {
  readonly #raw: Socket
  readonly #clock: ConnectionLimits["clock"]
  readonly #strangers: Set<Connection>
  #from: Duplex | Http2Session | undefined
  #exchanges = 0
  /** When it was opened, or its last exchange ended. */
  #silentSinceMs: number
  #silentMaxMs = FIRST_REQUEST_MS
  #isEnding = false

  constructor(raw: Socket, strangers: Set<Connection>, clock: ConnectionLimits["clock"]) {
    this.#raw = raw
    this.#strangers = strangers
    this.#clock = clock
    this.#silentSinceMs = clock.monotonicMs()
  }

  secured(from: Duplex | Http2Session): void {
    // A session comes before the socket that it stands on.
    this.#from ??= from
  }

  began(): void {
    this.#exchanges++
    this.#silentMaxMs = IDLE_MS
  }

  readonly ended = (): void => {
    this.#exchanges--
    this.#silentSinceMs = this.#clock.monotonicMs()
  }

  /**
   * What was found out about whoever is on it. The known keep their place; a stranger's HTTP/2 connection ends with the
   * answers that are under way, as in Kubernetes, since streams cost a client nearly nothing (CVE-2023-44487).
   */
  identified(isKnown: boolean): void {
    if (isKnown) this.#strangers.delete(this)
    else if (this.#from !== undefined && "goaway" in this.#from && !this.#from.closed) this.#from.close()
  }

  endWhenSilent(): void {
    if (this.#exchanges > 0 || this.#clock.monotonicMs() - this.#silentSinceMs < this.#silentMaxMs) return
    // Once politely; whoever does not listen is found again.
    if (this.#isEnding || this.#from === undefined) this.destroy()
    else if ("goaway" in this.#from) this.#from.close()
    else this.#from.end()
    this.#isEnding = true
  }

  destroy(): void {
    this.#raw.destroy()
  }
}

export function createConnections({ connectionsMax, clock }: ConnectionLimits): Connections {
  const all = new Set<Connection>()
  // In the order of their beginning.
  const strangers = new Set<Connection>()
  const byPeer = new Map<string, Connection>()
  const bySource = new WeakMap<object, Connection>()
  let timer: Timer | undefined

  const sweep = (): void => {
    timer = undefined
    for (const each of all) each.endWhenSilent()
    arm()
  }
  const arm = (): void => {
    if (timer === undefined && all.size > 0) timer = clock.after(SWEEP_MS, sweep)
  }

  return {
    opened: (raw) => {
      if (all.size >= connectionsMax && !makeRoom(strangers)) {
        raw.destroy()
        return
      }
      const connection = new Connection(raw, strangers, clock)
      all.add(connection)
      strangers.add(connection)
      const peer = peerOf(raw)
      byPeer.set(peer, connection)
      raw.once("close", () => {
        all.delete(connection)
        strangers.delete(connection)
        if (byPeer.get(peer) === connection) byPeer.delete(peer)
        if (all.size > 0) return
        timer?.cancel()
        timer = undefined
      })
      arm()
    },
    secured: (from) => {
      const socket = "goaway" in from ? from.socket : (from as Socket)
      const connection = byPeer.get(peerOf(socket))
      if (connection === undefined) return
      connection.secured(from)
      bySource.set(from, connection)
    },
    of: (from) => from && bySource.get(from),
    get size() {
      return all.size
    },
    destroyAll: () => {
      for (const each of all) each.destroy()
    },
  }
}

/** Ends the oldest connection of somebody unknown; false when there is none. */
function makeRoom(strangers: Set<Connection>): boolean {
  const [oldest] = strangers
  if (oldest === undefined) return false
  strangers.delete(oldest)
  oldest.destroy()
  return true
}

const peerOf = ({ remoteAddress, remotePort }: Pick<Socket, "remoteAddress" | "remotePort">): string =>
  `${remoteAddress} ${remotePort}`
