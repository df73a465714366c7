import { Readable, Transform } from "node:stream"
import { createDeflateRaw, createGunzip, createGzip, createInflateRaw } from "node:zlib"
import type { ApiResult } from "../call.ts"
import { createHtmlLinks } from "./html-links.ts"
import { joined, type ProxiedPlace, proxiedUrl } from "./proxied-url.ts"

export type RawAnswer = Extract<ApiResult, { readonly type: "raw" }>

/** Says to the server behind where its answer appears. `path` is the one it is asked for, without query. */
export function forwardedHeaders({ prefix, scheme, host }: ProxiedPlace, path: string): Record<string, string> {
  return {
    "x-forwarded-uri": joined(prefix, path),
    ...(host !== "" && { "x-forwarded-host": host }),
    ...(scheme !== "" && { "x-forwarded-proto": scheme }),
  }
}

/**
 * An answer of a server behind this one, with its links to itself leading through this one: redirects, and what HTML
 * refers to. What it says about pages of other origins is taken out, since it does not know at which origin it appears.
 */
export function rewriteLinks(answer: RawAnswer, place: ProxiedPlace): RawAnswer {
  const headers = withoutCors(answer.headers)
  const { location } = headers
  if (typeof location === "string" && location !== "") {
    return { ...answer, headers: { ...headers, location: proxiedUrl(location, place) ?? location } }
  }
  const type = String(headers["content-type"] ?? "").split(";", 1)[0]
  if (type?.trim() !== "text/html" || answer.body instanceof Uint8Array) return { ...answer, headers }
  const codec = CODECS.get(String(headers["content-encoding"] ?? ""))
  if (codec === undefined) return { ...answer, headers }
  const { "content-length": _, ...others } = headers
  return { ...answer, headers: others, body: codec(Readable.from(answer.body), linksOf(place)) }
}

/** By content encoding. What is encoded in another way passes as it is. */
const CODECS: ReadonlyMap<string, (body: Readable, links: Transform) => Readable> = new Map([
  ["", (body, links) => chained(body, links)],
  ["gzip", (body, links) => chained(body, createGunzip(), links, createGzip())],
  ["deflate", (body, links) => chained(body, createInflateRaw(), links, createDeflateRaw())],
])

/** Whatever breaks off, all of it does. */
function chained(first: Readable, ...rest: readonly Transform[]): Readable {
  let last = first
  for (const next of rest) {
    const before = last
    before.on("error", (error) => next.destroy(error))
    next.on("close", () => before.destroy())
    last = before.pipe(next)
  }
  return last
}

function linksOf(place: ProxiedPlace): Transform {
  const links = createHtmlLinks((link) => proxiedUrl(link, place))
  return new Transform({
    transform: (chunk: Buffer, _, done) => done(null, Buffer.from(links.write(chunk.toString("latin1")), "latin1")),
    flush: (done) => done(null, Buffer.from(links.end(), "latin1")),
  })
}

const CORS = new Set(["credentials", "headers", "methods", "origin"].map((what) => `access-control-allow-${what}`))

function withoutCors(headers: RawAnswer["headers"]): RawAnswer["headers"] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !CORS.has(name)))
}
