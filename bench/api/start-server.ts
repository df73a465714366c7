import { type ChildProcess, spawn } from "node:child_process"
import { type ClientHttp2Session, connect } from "node:http2"
import { join } from "node:path"
import { createInterface } from "node:readline"

const CONNECTIONS = 4
/** As Go's client, and with it nearly every client of Kubernetes. */
const STREAM_WINDOW_BYTES = 4 << 20
const CONNECTION_WINDOW_BYTES = 1 << 30

export interface Usage {
  readonly cpuMs: number
  readonly rss: number
}

export interface Access {
  readonly port: number
  readonly ca: string
  readonly cert: string
  readonly key: string
}

export interface Server {
  readonly access: Access
  readonly sessions: readonly ClientHttp2Session[]
  usage(): Promise<Usage>
  stop(): void
}

/** The API server, or what stands beside it, in a process of its own; see `server.ts`. */
export async function startServer(kind: "full" | "bare" | "scheduled"): Promise<Server> {
  const file = join(import.meta.dirname, "server.ts")
  const child: ChildProcess = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", file, kind], {
    stdio: ["pipe", "pipe", "inherit"],
  })
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error("the server has no pipes")
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  const read = async <T>(): Promise<T> => JSON.parse(String((await lines.next()).value)) as T
  const access = await read<Access>()
  const { port, ca, cert, key } = access
  const sessions = Array.from({ length: CONNECTIONS }, () => {
    const settings = { initialWindowSize: STREAM_WINDOW_BYTES }
    const session = connect(`https://127.0.0.1:${port}`, { ca, cert, key, settings })
    session.once("connect", () => session.setLocalWindowSize(CONNECTION_WINDOW_BYTES))
    return session.setMaxListeners(0)
  })
  return {
    access,
    sessions,
    usage: () => {
      stdin.write("usage\n")
      return read<Usage>()
    },
    stop: () => {
      for (const session of sessions) session.destroy()
      stdin.write("stop\n")
    },
  }
}

export interface Sent {
  readonly method: string
  readonly path: string
  readonly body?: string
  readonly contentType?: string
}

/** The body's length; throws for everything but success. */
export function send(
  session: ClientHttp2Session,
  { method, path, body, contentType = "application/json" }: Sent,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":method": method, ":path": path, "content-type": contentType })
    let code = 0
    let bytes = 0
    stream.on("response", (headers) => (code = headers[":status"] ?? 0))
    stream.on("data", (chunk: Buffer) => (bytes += chunk.length))
    stream.on("error", reject)
    stream.on("end", () => (code < 300 ? resolve(bytes) : reject(new Error(`${method} ${path}: ${code}`))))
    stream.end(body)
  })
}

/** The account that pods of a namespace run under, which is otherwise made by a controller. */
export async function createAccount(session: ClientHttp2Session, namespace: string): Promise<void> {
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } }
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts`
  await send(session, { method: "POST", path, body: JSON.stringify(account) })
}
