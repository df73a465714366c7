import { createHash } from "node:crypto"
import { decodeUtf8, parseJson } from "../../machinery/json/parse.ts"
import { isObject } from "../../machinery/patch/structure.ts"
import type { Clock } from "../../platform/clock.ts"
import type { UserInfo } from "../call.ts"
import { ownPart, type SwaggerPart } from "../openapi/merge.ts"
import type { ExtensionServer } from "./extension-server.ts"
import { fetchDocument } from "./fetch-document.ts"

/** What an extension server says about the form of its objects. */
export interface RemoteOpenApi {
  /** By path below `/openapi/v3/`: what changes with the document. */
  readonly v3: ReadonlyMap<string, string>
  readonly v2?: { readonly etag: string; readonly part: SwaggerPart }
}

export const NO_OPENAPI: RemoteOpenApi = { v3: new Map() }

/** It may see what everybody may. */
const USER: UserInfo = { name: "system:aggregator", groups: [], extra: new Map() }
const TIMEOUT_MS = 60_000

/**
 * The same value as `known` when nothing has changed. Servers need not have either document. Throws when one could not
 * be asked for.
 */
export async function readOpenApi(
  server: ExtensionServer,
  groupVersion: string,
  known: RemoteOpenApi,
  clock: Clock,
): Promise<RemoteOpenApi> {
  const v3 = await readIndex(server, groupVersion, clock)
  const v2 = await readSwagger(server, groupVersion, known.v2, clock)
  const isSame =
    v2 === known.v2 && v3.size === known.v3.size && [...v3].every(([path, hash]) => known.v3.get(path) === hash)
  return isSame ? known : { v3, ...(v2 && { v2 }) }
}

async function readIndex(server: ExtensionServer, groupVersion: string, clock: Clock): Promise<Map<string, string>> {
  const one = { path: "/openapi/v3", accept: "application/json", user: USER, timeoutMs: TIMEOUT_MS }
  const { code, body } = await fetchDocument(server, one, clock)
  const found = new Map<string, string>()
  if (code === 404) return found
  if (code !== 200) throw new Error(`could not get the list of group versions of ${groupVersion}: ${code}`)
  const index = parseJson(decodeUtf8(body)).value
  const paths = isObject(index) && isObject(index["paths"]) ? index["paths"] : {}
  // Of the others' documents it has no say.
  const own = groupVersion.includes("/")
    ? [`apis/${groupVersion}`, `apis/${groupOf(groupVersion)}`]
    : [`api/${groupVersion}`]
  for (const path of own) {
    const entry = Object.hasOwn(paths, path) ? paths[path] : undefined
    const url = isObject(entry) ? entry["serverRelativeURL"] : undefined
    if (typeof url === "string") found.set(path, /[?&]hash=([^&]+)/.exec(url)?.[1] ?? digest(Buffer.from(url)))
  }
  return found
}

const groupOf = (groupVersion: string): string => groupVersion.slice(0, groupVersion.indexOf("/"))

async function readSwagger(
  server: ExtensionServer,
  groupVersion: string,
  known: RemoteOpenApi["v2"],
  clock: Clock,
): Promise<RemoteOpenApi["v2"]> {
  const one = { path: "/openapi/v2", accept: "application/json", user: USER, timeoutMs: TIMEOUT_MS }
  const { code, headers, body } = await fetchDocument(server, { ...one, etag: known?.etag }, clock)
  if (code === 304) return known
  if (code === 404) return undefined
  if (code !== 200) throw new Error(`failed to retrieve openAPI spec, http error: ${code}`)
  const etag = headers.etag ?? digest(body)
  if (etag === known?.etag) return known
  const prefix = groupVersion.includes("/") ? `/apis/${groupVersion}/` : `/api/${groupVersion}/`
  return { etag, part: ownPart(parseJson(decodeUtf8(body)).value, prefix) }
}

const digest = (bytes: Uint8Array): string => createHash("sha512").update(bytes).digest("hex").toUpperCase()
