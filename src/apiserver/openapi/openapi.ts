import { openapiV2 } from "../../machinery/openapi/v2.ts"
import {
  encodeOpenapiV2,
  OPENAPI_V2_PROTOBUF,
  OPENAPI_V2_PROTOBUF_ACCEPTED,
} from "../../machinery/openapi/v2-protobuf.ts"
import { openapiV3 } from "../../machinery/openapi/v3.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import type { Clock } from "../../platform/clock.ts"
import type { ApiCall, ApiResult, CallHandler } from "../call.ts"
import { reading } from "../discovery/discovery.ts"
import { Document } from "../discovery/document.ts"
import { parseAccept } from "../negotiation/accept.ts"
import { type PathHandlers, text } from "../request/router.ts"

/** The schema of everything that is served: `/openapi/v2` and `/openapi/v3`. Documents are made when they are asked for. */

export interface OpenApiOptions {
  /** What is served now. The same array means that nothing has changed. */
  readonly resources: () => readonly AnyResource[]
  /** Kinds that only subresources take or return. */
  readonly subresourceKinds?: readonly AnyResource[]
  /** As in `/version`. */
  readonly gitVersion: string
  readonly clock: Pick<Clock, "nowMs">
}

const YEAR_MS = 365 * 24 * 3_600_000

export function createOpenApi(options: OpenApiOptions): PathHandlers {
  let current: Documents | undefined
  const documents = (): Documents => {
    const resources = options.resources()
    if (current?.resources !== resources) current = new Documents(resources, options)
    return current
  }
  return new Map<string, CallHandler>([
    ["/openapi/v2", reading((call) => version2(call, documents()).answer(call))],
    ["/openapi/v3", reading((call) => documents().index.answer(call))],
    ["/openapi/v3/", reading((call) => groupDocument(call, documents(), options.clock))],
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
  const asked = call.query.get("hash")
  if (asked === null || asked === "") return document.answer(call)
  if (asked !== document.hash) {
    // The client has an old index; what it wants is elsewhere now.
    const body = new Uint8Array(0)
    return { type: "raw", code: 301, headers: { location: relativeUrl(path, document) }, body }
  }
  const expires = new Date(clock.nowMs() + YEAR_MS).toUTCString()
  return document.answer(call, { "cache-control": "public, immutable", expires })
}

const relativeUrl = (path: string, document: Document): string => `/openapi/v3/${path}?hash=${document.hash}`

class Documents {
  readonly resources: readonly AnyResource[]
  readonly v2: Document
  readonly v2Protobuf: Document
  /** By path below `/openapi/v3/`, such as `apis/apps/v1`. */
  readonly v3 = new Map<string, Document>()
  readonly index: Document

  constructor(resources: readonly AnyResource[], { subresourceKinds = [], gitVersion }: OpenApiOptions) {
    this.resources = resources
    const known = [...resources, ...subresourceKinds]
    const version2 = () => openapiV2(resources, known, gitVersion)
    this.v2 = new Document(version2)
    this.v2Protobuf = new Document(() => encodeOpenapiV2(version2()), OPENAPI_V2_PROTOBUF)
    for (const [groupVersion, own] of Map.groupBy(resources, (resource) => resource.apiVersion)) {
      const path = groupVersion.includes("/") ? `apis/${groupVersion}` : `api/${groupVersion}`
      this.v3.set(path, new Document(() => openapiV3(own, known)))
    }
    this.index = new Document(() => ({
      paths: Object.fromEntries(
        [...this.v3].map(([path, document]) => [path, { serverRelativeURL: relativeUrl(path, document) }]),
      ),
    }))
  }
}
