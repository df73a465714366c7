import { mkdirSync, readFileSync } from "node:fs"
import { open } from "node:fs/promises"
import { join } from "node:path"
import { type RunningServer, readBody, send, serve, stopOnSignal } from "./http-server.ts"

/**
 * The store tier: keeps the guestbook's entries, one JSON object a line, in a file that only grows.
 *
 *   GET  /entries    the newest entries first, as a JSON list
 *   POST /entries    {"name": …, "text": …} adds one; it is on disk when the answer comes
 *   GET  /healthz
 */

export interface Entry {
  readonly name: string
  readonly text: string
  /** ISO 8601. */
  readonly time: string
}

const ENTRY_BYTES_MAX = 10_000
const SHOWN_MAX = 100

export async function startStore(port: number, dataDir: string): Promise<RunningServer> {
  mkdirSync(dataDir, { recursive: true })
  const path = join(dataDir, "entries.jsonl")
  const file = await open(path, "a")
  const entries = readEntries(path)
  // After a crash in the middle of a line the next one must not continue it.
  if (entries.torn) await file.write("\n")
  let last: Promise<unknown> = Promise.resolve()

  const server = await serve(port, async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://store")
    const route = `${request.method} ${pathname}`
    if (route === "GET /healthz") return send(response, 200, "text/plain", "ok\n")
    if (route === "GET /entries") {
      return send(response, 200, "application/json", JSON.stringify(entries.list.slice(-SHOWN_MAX).toReversed()))
    }
    if (route === "POST /entries") {
      const entry = readEntry(await readBody(request, ENTRY_BYTES_MAX))
      if (entry === null) return send(response, 400, "text/plain", "expected an object with name and text\n")
      // One after the other, so that lines never mix.
      const written = last.then(async () => {
        await file.write(`${JSON.stringify(entry)}\n`)
        await file.datasync()
        entries.list.push(entry)
      })
      last = written.catch(() => undefined)
      await written
      console.log(`entry ${entries.list.length} by ${JSON.stringify(entry.name)}`)
      return send(response, 201, "application/json", JSON.stringify(entry))
    }
    return send(response, 404, "text/plain", "not found\n")
  })
  console.log(`store: ${entries.list.length} entries in ${path}, listening on port ${server.port}`)
  return {
    port: server.port,
    async stop(drainMs) {
      await server.stop(drainMs)
      await last
      await file.close()
    },
  }
}

function readEntries(path: string): { list: Entry[]; torn: boolean } {
  const text = readFileSync(path, "utf8")
  const list = text.split("\n").flatMap((line) => readLine(line) ?? [])
  return { list, torn: text !== "" && !text.endsWith("\n") }
}

/** Null for a line that a crash cut off. */
function readLine(line: string): Entry | null {
  try {
    return line === "" ? null : (JSON.parse(line) as Entry)
  } catch {
    console.error(`left out a damaged line of ${line.length} characters`)
    return null
  }
}

function readEntry(body: string): Entry | null {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return null
  }
  if (typeof json !== "object" || json === null || !("name" in json) || !("text" in json)) return null
  const { name, text } = json
  if (typeof name !== "string" || typeof text !== "string" || text.trim() === "") return null
  return { name: name.trim() || "anonymous", text: text.trim(), time: new Date().toISOString() }
}

if (import.meta.main) {
  const server = await startStore(Number(process.env["PORT"] ?? 8080), process.env["DATA_DIR"] ?? "/data")
  stopOnSignal(server, Number(process.env["DRAIN_MS"] ?? 0))
}
