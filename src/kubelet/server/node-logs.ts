import { createReadStream } from "node:fs"
import { open, readdir, stat } from "node:fs/promises"
import type { ServerResponse } from "node:http"
import { join, normalize } from "node:path"
import { pipeline } from "node:stream/promises"
import { hasCode } from "../../platform/linux/system-error.ts"
import { hostFolder, MACHINE_LOGS } from "../volumes/standard-folder.ts"
import { HttpError, sendText } from "./answer.ts"
import type { KubeletRequest } from "./context.ts"

/** `/logs/…`: the machine's own log files, and listings of its folders of them. */
export async function serveNodeLogs(
  { logDir, request, parts }: KubeletRequest,
  response: ServerResponse,
): Promise<void> {
  const [path = ""] = (request.url ?? "").split("?", 1)
  const named = join(MACHINE_LOGS, normalize(`/${parts.slice(1).join("/")}`))
  const file = hostFolder(logDir === undefined ? {} : { logDir }, named)
  try {
    const found = await stat(file)
    // Links in a listing are relative.
    if (found.isDirectory() !== path.endsWith("/")) return redirect(response, path, found.isDirectory())
    if (found.isDirectory()) return sendText(response, 200, await listing(file), "text/html; charset=utf-8")
    if (!found.isFile()) throw new HttpError(404, "404 page not found\n")
    response.writeHead(200, {
      "Content-Type": await contentType(file),
      "Content-Length": found.size,
      "Last-Modified": found.mtime.toUTCString(),
    })
    // What is written meanwhile is not part of the answer.
    await pipeline(createReadStream(file, { end: Math.max(0, found.size - 1) }), response)
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) throw new HttpError(404, "404 page not found\n", { cause: error })
    if (hasCode(error, "EACCES")) throw new HttpError(403, "403 Forbidden\n", { cause: error })
    throw error
  }
}

function redirect(response: ServerResponse, path: string, toFolder: boolean): void {
  const name = path.replace(/\/$/, "").split("/").at(-1) ?? ""
  response.writeHead(301, { Location: toFolder ? `${name}/` : `../${name}` })
  response.end()
}

async function listing(folder: string): Promise<string> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))
  const links = entries.map((entry) => {
    const name = entry.isDirectory() ? `${entry.name}/` : entry.name
    return `<a href="${encodeURI(name).replaceAll("?", "%3F").replaceAll("#", "%23")}">${escapeHtml(name)}</a>\n`
  })
  return `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${links.join("")}</pre>\n`
}

const ENTITIES = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&#34;"],
  ["'", "&#39;"],
])

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => ENTITIES.get(char) ?? char)

const LOOKED_AT_BYTES = 512

/** Logs are text, unless they are packed or are records of bytes. */
async function contentType(file: string): Promise<string> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LOOKED_AT_BYTES), 0, LOOKED_AT_BYTES, 0)
    const start = buffer.subarray(0, bytesRead)
    if (start[0] === 0x1f && start[1] === 0x8b) return "application/x-gzip"
    return start.includes(0) ? "application/octet-stream" : "text/plain; charset=utf-8"
  } finally {
    await handle.close()
  }
}
