import { hasCode } from "../../platform/linux/system-error.ts"
import { http } from "../../platform/on-first-use.ts"

/** As the kubelet's `healthzPort`, on the machine's own loopback address. */
export const HEALTHZ_PORT = 10_248

export interface Healthz {
  close(): Promise<void>
}

/** Tells this machine, without asking who it is, that the agent lives. Undefined when the port is taken. */
export async function serveHealthz(port = HEALTHZ_PORT): Promise<(Healthz & { readonly port: number }) | undefined> {
  const server = http().createServer((request, response) => {
    const found = request.url?.split("?", 1)[0] === "/healthz"
    response.writeHead(found ? 200 : 404, { "content-type": "text/plain; charset=utf-8" })
    response.end(found ? "ok" : "404 page not found\n")
  })
  const listening = new Promise<boolean>((resolve, reject) => {
    server.once("error", (error) => (hasCode(error, "EADDRINUSE", "EACCES") ? resolve(false) : reject(error)))
    server.listen(port, "127.0.0.1", () => resolve(true))
  })
  if (!(await listening)) return undefined
  const bound = server.address()
  return {
    port: typeof bound === "object" && bound !== null ? bound.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
