import { parseAccept } from "../../machinery/http/accept-header.ts"
import { OPENAPI_V2_PROTOBUF, OPENAPI_V2_PROTOBUF_ACCEPTED } from "../../machinery/openapi/v2-protobuf.ts"
import { openapiV3 } from "../../machinery/openapi/v3.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import type { Clock } from "../../platform/clock.ts"
import type { ApiCall, ApiResult, CallHandler } from "../call.ts"
import { Document } from "../discovery/document.ts"
import { type PathHandlers, text } from "../request/router.ts"
import type { ForeignDocument, ServedGroupVersion, ServedResources } from "../served/served-resources.ts"
import { Version2 } from "./version-2.ts"

/** The schema of everything that is served: `/openapi/v2` and `/openapi/v3`. Documents are made when they are asked for. */

export interface OpenApiOptions {
  readonly served: ServedResources
  /** Kinds that only subresources take or return. */
  readonly subresourceKinds?: readonly AnyResource[]
  /** As in `/version`. */
  readonly gitVersion: string
  readonly clock: Pick<Clock, "nowMs" | "sleep">
}

const YEAR_MS = 365 * 24 * 3_600_000

export function createOpenApi(options: OpenApiOptions): PathHandlers {
  let current: Documents | undefined
  const known = [...options.served.builtin, ...(options.subresourceKinds ?? [])]
  const v2 = new Version2(options.served.builtin, known, options.gitVersion)
  const kept: KeptDocuments = { known, v2, v3: new WeakMap() }
  const pause = () => options.clock.sleep(0)
  const documents = (): Documents => {
    const { all } = options.served
    if (current?.all !== all) current = new Documents(all, kept)
    return current
  }
  return new Map<string, CallHandler>([
    [
      "/openapi/v2",
      async (call) => {
        const all = documents()
        await v2.prepare(all.all, pause)
        return version2(call, all).answer(call)
      },
    ],
    [
      "/openapi/v3",
      async (call) => {
        const all = documents()
        await all.prepareIndex(pause)
        return all.index.answer(call)
      },
    ],
    ["/openapi/v3/", (call) => groupDocument(call, documents(), options.clock)],
  ])
}

/** kubectl reads version 2 only in its protobuf form. */
function version2(call: ApiCall, { v2, v2Protobuf }: Documents): Document {
  for (const { type } of parseAccept(call.connection?.exchange?.headers.accept ?? "")) {
    if (OPENAPI_V2_PROTOBUF_ACCEPTED.includes(type)) return v2Protobuf
    if (type === v2.contentType) break
  }
  return v2
}

async function groupDocument(call: ApiCall, documents: Documents, clock: Pick<Clock, "nowMs">): Promise<ApiResult> {
  const path = call.info.path.slice("/openapi/v3/".length)
  const document = documents.v3.get(path)
  if (document === undefined) return text(404, "404 page not found\n")
  const asked = call.query.get("hash") ?? ""
  if (asked !== "" && asked !== document.hash) {
    // The client has an old index; what it wants is elsewhere now.
    const body = new Uint8Array(0)
    return { type: "raw", code: 301, headers: { location: relativeUrl(path, document) }, body }
  }
  if (!(document instanceof Document)) return document.handle(call)
  if (asked === "") return document.answer(call)
  const expires = new Date(clock.nowMs() + YEAR_MS).toUTCString()
  return document.answer(call, { "cache-control": "public, immutable", expires })
}

const relativeUrl = (path: string, document: { readonly hash: string }): string =>
  `/openapi/v3/${path}?hash=${document.hash}`

/** What outlives a change of what is served. */
interface KeptDocuments {
  /** Where the kinds are looked up that requests and answers refer to. Custom resources refer to none but these. */
  readonly known: readonly AnyResource[]
  /** Only what has changed is made again. */
  readonly v2: Version2
  readonly v3: WeakMap<ServedGroupVersion, Document>
}

class Documents {
  readonly all: readonly ServedGroupVersion[]
  readonly v2: Document
  readonly v2Protobuf: Document
  /** By path below `/openapi/v3/`, such as `apis/apps/v1`. */
  readonly v3 = new Map<string, Document | ForeignDocument>()
  readonly index: Document

  constructor(all: readonly ServedGroupVersion[], { known, v2, v3 }: KeptDocuments) {
    this.all = all
    this.v2 = new Document(() => v2.json(all))
    this.v2Protobuf = new Document(() => v2.protobuf(all), OPENAPI_V2_PROTOBUF)
    for (const served of all) {
      const { group, groupVersion, resources, foreign } = served
      for (const [path, document] of foreign?.openapiV3 ?? []) this.v3.set(path, document)
      if (foreign !== undefined) continue
      let document = v3.get(served)
      if (document === undefined) v3.set(served, (document = new Document(() => openapiV3(resources, known))))
      this.v3.set(`${group === "" ? "api" : "apis"}/${groupVersion}`, document)
    }
    this.index = new Document(() => ({
      paths: Object.fromEntries(
        [...this.v3].map(([path, document]) => [path, { serverRelativeURL: relativeUrl(path, document) }]),
      ),
    }))
  }

  /** Makes the documents whose fingerprints the index needs, with pauses in which the server can do something else. */
  async prepareIndex(pause: () => Promise<void>): Promise<void> {
    for (const document of this.v3.values()) {
      if (!(document instanceof Document) || document.isMade) continue
      document.prepare()
      await pause()
    }
  }
}
