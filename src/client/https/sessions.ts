import { type ClientHttp2Session, connect } from "node:http2"
import { isIP } from "node:net"
import type { Timer } from "../../platform/clock.ts"
import type { Platform } from "../../platform/platform.ts"
import { ConnectionError } from "./connection-error.ts"
import { type Credentials, type ReadCredentials, readCredentials, sameConnection } from "./credentials.ts"

/** The HTTP/2 connections to one server: made when needed, probed while idle, replaced when credentials change. */

export interface SessionsOptions {
  /** `https://host:port`. */
  readonly server: string
  readonly credentials: Credentials
  /** The name that the server's certificate must carry. Default: the host of `server`. */
  readonly serverName?: string
  /** How long to go on trying, since it began to refuse connections, as a server does that is starting. Default: 0. */
  readonly patienceMs?: number
  readonly platform: Pick<Platform, "clock" | "log">
}

export interface AcquiredSession {
  readonly session: ClientHttp2Session
  readonly token: string | undefined
  /** To be called once, when the stream has ended or was never opened. */
  readonly release: () => void
}

// Ping intervals are client-go's: a machine that vanished is noticed within 45 s.
const PING_INTERVAL_MS = 30_000
const PING_TIMEOUT_MS = 15_000
const CONNECT_TIMEOUT_MS = 30_000
const CREDENTIALS_AGE_MAX_MS = 60_000
/** Being refused costs next to nothing, and whoever waits for a start should not notice the pause. */
const REFUSED_PAUSE_MS = 10
// What the server may send before it is read: large lists need room, and a slow watcher must not stop the others.
const STREAM_WINDOW_BYTES = 1 << 20
const SESSION_WINDOW_BYTES = 64 << 20
/** Until the server has said how many it takes. */
const STREAMS_MAX = 100

interface Held {
  readonly session: ClientHttp2Session
  readonly credentials: ReadCredentials
  streams: number
}

export class Sessions {
  readonly #options: SessionsOptions
  readonly #held = new Set<Held>()
  #connecting: Promise<Held> | undefined
  #credentials: ReadCredentials | undefined
  #credentialsReadMs = 0
  #refusedSinceMs: number | undefined
  #closed = false

  constructor(options: SessionsOptions) {
    this.#options = options
  }

  /** A connection with room for one more stream. Throws `ConnectionError` when the server cannot be reached. */
  async acquire(): Promise<AcquiredSession> {
    for (;;) {
      const credentials = this.#currentCredentials()
      const found = [...this.#held].find((held) => hasRoom(held))
      if (found !== undefined) {
        // Counted before the stream is opened: others are looking for room at the same moment.
        found.streams++
        return { session: found.session, token: credentials.token, release: () => found.streams-- }
      }
      // Everybody who waits shares one attempt, and looks again afterwards: it may be full by then.
      this.#connecting ??= this.#connectPatiently(credentials).finally(() => (this.#connecting = undefined))
      await this.#connecting
    }
  }

  close(): void {
    this.#closed = true
    for (const { session } of this.#held) session.destroy()
    this.#held.clear()
  }

  #currentCredentials(): ReadCredentials {
    const { clock, log } = this.#options.platform
    const nowMs = clock.monotonicMs()
    const known = this.#credentials
    if (known !== undefined && nowMs - this.#credentialsReadMs < CREDENTIALS_AGE_MAX_MS) return known
    this.#credentialsReadMs = nowMs
    try {
      const read = readCredentials(this.#options.credentials)
      this.#credentials = read
      for (const held of this.#held) if (!sameConnection(held.credentials, read)) this.#retire(held)
      return read
    } catch (error) {
      if (known === undefined) throw error
      // A file that is being replaced: what was read before is most likely still good.
      log.warn("credentials cannot be read and the former ones are used", { error })
      return known
    }
  }

  /** Takes no new streams; those that run may end. */
  #retire(held: Held): void {
    this.#held.delete(held)
    held.session.close()
  }

  async #connectPatiently(credentials: ReadCredentials): Promise<Held> {
    const { patienceMs = 0, platform } = this.#options
    const { clock } = platform
    for (;;) {
      try {
        const held = await this.#connect(credentials)
        this.#refusedSinceMs = undefined
        return held
      } catch (error) {
        if (!isRefused(error)) throw error
        this.#refusedSinceMs ??= clock.monotonicMs()
        if (clock.monotonicMs() - this.#refusedSinceMs >= patienceMs) throw error
        await clock.sleep(REFUSED_PAUSE_MS)
      }
    }
  }

  async #connect(credentials: ReadCredentials): Promise<Held> {
    const { server, platform } = this.#options
    if (this.#closed) throw new ConnectionError(server, new Error("the client is closed"), false)
    // URLs have addresses of IPv6 in brackets.
    const hostname = new URL(server).hostname.replace(/^\[(.*)\]$/, "$1")
    const serverName = this.#options.serverName ?? hostname
    const session = connect(server, {
      ca: credentials.ca,
      ...(credentials.cert !== undefined && { cert: credentials.cert }),
      ...(credentials.key !== undefined && { key: credentials.key }),
      // RFC 6066 forbids addresses here.
      ...(isIP(serverName) === 0 && { servername: serverName }),
      settings: { initialWindowSize: STREAM_WINDOW_BYTES, enablePush: false },
    })
    try {
      await this.#connected(session)
    } catch (error) {
      session.destroy()
      throw new ConnectionError(server, error, false)
    }
    session.setLocalWindowSize(SESSION_WINDOW_BYTES)
    const held: Held = { session, credentials, streams: 0 }
    if (this.#closed) {
      session.destroy()
      throw new ConnectionError(server, new Error("the client is closed"), false)
    }
    this.#held.add(held)
    const forget = () => this.#held.delete(held)
    session.on("goaway", forget)
    session.on("error", (error) => platform.log.debug("connection lost", { server, error }))
    const ping = this.#keepAlive(held)
    session.once("close", () => {
      forget()
      ping.cancel()
    })
    return held
  }

  #connected(session: ClientHttp2Session): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#options.platform.clock.after(CONNECT_TIMEOUT_MS, () =>
        reject(new Error(`no connection within ${CONNECT_TIMEOUT_MS / 1000} s`)),
      )
      const settled = (settle: () => void) => () => {
        timer.cancel()
        session.off("error", failed)
        session.off("close", closed)
        settle()
      }
      const failed = (error: Error) => settled(() => reject(error))()
      const closed = settled(() => reject(new Error("the server closed the connection")))
      session.once("connect", settled(resolve))
      // Kept for errors that come after the first; without a listener they would end the process.
      session.on("error", () => undefined)
      session.once("error", failed)
      session.once("close", closed)
    })
  }

  /** A connection whose other end vanished would otherwise look idle for ever. */
  #keepAlive({ session }: Held): Timer {
    const { clock } = this.#options.platform
    let timer: Timer
    let timeout: Timer | undefined
    const schedule = () => {
      timer = clock.after(PING_INTERVAL_MS, () => {
        if (session.destroyed) return
        timeout = clock.after(PING_TIMEOUT_MS, () => session.destroy(new Error("the server does not answer pings")))
        session.ping(() => {
          timeout?.cancel()
          schedule()
        })
      })
    }
    schedule()
    return {
      cancel: () => {
        timer.cancel()
        timeout?.cancel()
      },
    }
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof ConnectionError && (error.cause as NodeJS.ErrnoException | undefined)?.code === "ECONNREFUSED"
}

function hasRoom({ session, streams }: Held): boolean {
  if (session.closed || session.destroyed) return false
  return streams < (session.remoteSettings?.maxConcurrentStreams ?? STREAMS_MAX)
}
