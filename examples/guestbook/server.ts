import { hostname } from "node:os"
import { type RunningServer, readBody, send, serve, stopOnSignal } from "./http-server.ts"
import { renderPage } from "./page.ts"
import type { Entry } from "./store.ts"

/**
 * The web tier: shows the entries and takes new ones. It keeps nothing itself, so any number of copies may run.
 *
 *   GET  /          the page
 *   POST /          a form with name and text
 *   GET  /healthz   this process answers: liveness
 *   GET  /readyz    the store has been found, and this process is not stopping: readiness
 */

const FORM_BYTES_MAX = 20_000
const STORE_TIMEOUT_MS = 3_000

export interface WebOptions {
  readonly port: number
  /** Where the store tier is: `http://guestbook-store`. */
  readonly storeUrl: string
  readonly version: string
}

export async function startWeb({ port, storeUrl, version }: WebOptions): Promise<RunningServer> {
  const entriesUrl = new URL("/entries", storeUrl)
  let found = false

  const store = async (init: RequestInit = {}): Promise<Response> => {
    const response = await fetch(entriesUrl, { ...init, signal: AbortSignal.timeout(STORE_TIMEOUT_MS) })
    found = true
    return response
  }
  // Without a store there is nothing to show; who asks should come back later.
  const unavailable = (error: unknown) => {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    const text = `the store at ${storeUrl} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`
    console.error(text)
    return Object.assign(new Error(text), { status: 503 })
  }

  const server = await serve(port, async (request, response, draining) => {
    const { pathname } = new URL(request.url ?? "/", "http://web")
    switch (`${request.method} ${pathname}`) {
      case "GET /healthz":
        return send(response, 200, "text/plain", "ok\n")
      case "GET /readyz":
        // One contact is enough: when the store fails later, a page that says so is better than no answer at all.
        if (!found) await store().catch(() => undefined)
        return send(response, found && !draining ? 200 : 503, "text/plain", draining ? "stopping\n" : `${found}\n`)
      case "GET /": {
        const entries = await store()
          .then((answer) => answer.json() as Promise<Entry[]>)
          .catch((error: unknown) => Promise.reject(unavailable(error)))
        console.log("GET /")
        return send(response, 200, "text/html", renderPage(entries, { version, host: hostname() }))
      }
      case "POST /": {
        const form = new URLSearchParams(await readBody(request, FORM_BYTES_MAX))
        const body = JSON.stringify({ name: form.get("name") ?? "", text: form.get("text") ?? "" })
        const answer = await store({ method: "POST", body }).catch((error: unknown) =>
          Promise.reject(unavailable(error)),
        )
        console.log(`POST / ${answer.status}`)
        if (answer.status !== 201) return send(response, answer.status, "text/plain", await answer.text())
        response.writeHead(303, { location: "/" }).end()
        return
      }
      default:
        return send(response, 404, "text/plain", "not found\n")
    }
  })
  console.log(`guestbook ${version}: listening on port ${server.port}, store at ${storeUrl}`)
  return server
}

if (import.meta.main) {
  const { PORT = "8080", STORE_URL = "http://guestbook-store", VERSION = "dev", DRAIN_MS = "2000" } = process.env
  const server = await startWeb({ port: Number(PORT), storeUrl: STORE_URL, version: VERSION })
  stopOnSignal(server, Number(DRAIN_MS))
}
