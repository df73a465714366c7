import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** What both tiers have in common: serving, and stopping without losing a request. */

export type Handle = (request: IncomingMessage, response: ServerResponse, draining: boolean) => Promise<void>

export interface RunningServer {
  readonly port: number
  /**
   * Ends in order: for `drainMs` requests are still answered, while Kubernetes takes this pod out of its service and
   * clients are asked to close their connections; then the server closes and unfinished requests end.
   */
  stop(drainMs: number): Promise<void>
}

/** Serves HTTP until `stop`. Port 0 takes any free one. */
export async function serve(port: number, handle: Handle): Promise<RunningServer> {
  let draining = false
  const unanswered = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    if (draining) response.setHeader("connection", "close")
    unanswered.add(response)
    response.once("close", () => unanswered.delete(response))
    handle(request, response, draining).catch((error: unknown) => fail(response, error))
  })
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async stop(drainMs) {
      draining = true
      for (const response of unanswered) if (!response.headersSent) response.setHeader("connection", "close")
      await new Promise((resolve) => setTimeout(resolve, drainMs))
      await close(server)
    },
  }
}

/** Stops when Kubernetes says so; the process then ends by itself. */
export function stopOnSignal(server: RunningServer, drainMs: number): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      console.log(`${signal}: stopping`)
      server.stop(drainMs).then(
        () => console.log("stopped"),
        (error: unknown) => {
          console.error(error)
          process.exitCode = 1
        },
      )
    })
  }
}

/** A request's body as text. Throws an Error with `status` 413 when it is too long. */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > bytesMax) throw Object.assign(new Error(`more than ${bytesMax} bytes`), { status: 413 })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString("utf8")
}

export function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": `${type}; charset=utf-8`, "content-length": Buffer.byteLength(body) })
  response.end(body)
}

function fail(response: ServerResponse, error: unknown): void {
  const status = error instanceof Error && "status" in error ? Number(error.status) : 500
  if (status === 500) console.error(error)
  if (response.headersSent) response.destroy()
  else send(response, status, "text/plain", `${status === 500 ? "internal error" : String(error)}\n`)
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)))
    server.closeIdleConnections()
  })
}
