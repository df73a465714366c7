import { type AcceptClause, parseAccept } from "../../machinery/http/accept-header.ts"
import { badRequest, notAcceptable, notRepresentable } from "../../machinery/status/errors.ts"

/** Which form of answer a client asked for. https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources */

export type Encoding = "json" | "yaml" | "protobuf"
export type TransformKind = "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList"
export interface Transform {
  readonly kind: TransformKind
  readonly version: "v1" | "v1beta1"
}
export interface Negotiated {
  readonly encoding: Encoding
  /** With `protobuf`: what the client takes as well, for answers that have no protobuf form. */
  readonly otherwise?: Exclude<Encoding, "protobuf">
  readonly transform?: Transform
  readonly pretty?: boolean
}

export const CONTENT_TYPE: { readonly [encoding in Encoding]: string } = {
  json: "application/json",
  yaml: "application/yaml",
  protobuf: "application/vnd.kubernetes.protobuf",
}
const ENCODINGS: readonly Encoding[] = ["json", "yaml", "protobuf"]
export const MEDIA_TYPES = ENCODINGS.map((encoding) => CONTENT_TYPE[encoding])
const STREAM_TYPES = [`${CONTENT_TYPE.json};stream=watch`, `${CONTENT_TYPE.protobuf};stream=watch`]
const COLLECTION_TYPES = [...MEDIA_TYPES, ...STREAM_TYPES]

/** What an answer may be turned into. */
export interface Offer {
  readonly transforms: readonly TransformKind[]
  readonly watch: boolean
  /** Of a path that can be listed and watched. */
  readonly isCollection?: true
}

const JSON_ONLY: Negotiated = { encoding: "json" }
const REMEMBERED_MAX = 256
// A client sends the same header with every request.
const remembered = new Map<string, Negotiated>()

/** The best form that both sides know. Throws a 406 when there is none. */
export function negotiate(accept: string | undefined, offer: Offer): Negotiated {
  if (accept === undefined || accept === "" || accept === "application/json") return JSON_ONLY
  const key = `${offer.watch ? "w" : ""}${offer.transforms.join()} ${accept}`
  let found = remembered.get(key)
  if (found === undefined) {
    const clauses = parseAccept(accept)
    if (!clauses.some(({ type }) => MEDIA_TYPES.some((known) => matches(type, known)))) {
      throw notRepresentable(offer.isCollection ? COLLECTION_TYPES : MEDIA_TYPES)
    }
    found = choose(clauses, offer)
    if (found === undefined) {
      const isYaml = clauses.some(({ type }) => type === CONTENT_TYPE.yaml)
      throw notAcceptable(offer.watch && isYaml ? STREAM_TYPES : MEDIA_TYPES)
    }
    if (remembered.size >= REMEMBERED_MAX) remembered.clear()
    remembered.set(key, found)
  }
  return found
}

function choose(clauses: readonly AcceptClause[], offer: Offer): Negotiated | undefined {
  for (const clause of clauses) {
    if (clause.quality === 0) continue
    const encoding = ENCODINGS.find((candidate) => matches(clause.type, CONTENT_TYPE[candidate]))
    if (encoding === undefined) continue
    // YAML documents cannot be told apart in a stream, so Kubernetes does not offer it there.
    if (offer.watch && encoding === "yaml") continue
    const stream = clause.parameters.get("stream")
    if (stream !== undefined && stream !== "watch") continue
    const transform = transformOf(clause.parameters)
    if (transform === "unknown" || (transform && !offer.transforms.includes(transform.kind))) continue
    if (transform?.kind === "Table" && encoding === "protobuf") continue
    const pretty = clause.parameters.get("pretty") === "1" || clause.parameters.get("pretty") === "true"
    const otherwise = encoding === "protobuf" ? textOf(clauses) : undefined
    return { encoding, ...(otherwise && { otherwise }), ...(transform && { transform }), ...(pretty && { pretty }) }
  }
  return undefined
}

function textOf(clauses: readonly AcceptClause[]): Exclude<Encoding, "protobuf"> | undefined {
  for (const { type, quality } of clauses) {
    if (quality === 0) continue
    for (const encoding of ["json", "yaml"] as const) if (matches(type, CONTENT_TYPE[encoding])) return encoding
  }
  return undefined
}

function matches(clause: string, type: string): boolean {
  return clause === type || clause === "*/*" || (clause === "application/*" && type.startsWith("application/"))
}

function transformOf(parameters: ReadonlyMap<string, string>): Transform | "unknown" | undefined {
  const kind = parameters.get("as")
  if (kind === undefined) return undefined
  const version = parameters.get("v")
  if (parameters.get("g") !== "meta.k8s.io" || (version !== "v1" && version !== "v1beta1")) return "unknown"
  switch (kind) {
    case "Table":
    case "PartialObjectMetadata":
    case "PartialObjectMetadataList":
      return { kind, version }
    default:
      return "unknown"
  }
}

export type IncludeObject = "None" | "Metadata" | "Object"

/** How much of an object a table row carries. Throws a 400 for another word. */
export function parseIncludeObject(query: URLSearchParams): IncludeObject {
  const value = query.get("includeObject") ?? ""
  if (value === "" || value === "Metadata") return "Metadata"
  if (value === "None" || value === "Object") return value
  throw badRequest(`unrecognized includeObject value: "${value}"`)
}

/** Whether a person will read the answer: they asked for it, or use a tool that people type into. */
export function wantsPretty(query: URLSearchParams, userAgent: string): boolean {
  const asked = query.get("pretty")
  if (asked !== null && asked !== "") return asked === "1" || asked.toLowerCase() === "true" || asked === "t"
  return userAgent.startsWith("curl") || userAgent.startsWith("Wget") || userAgent.startsWith("Mozilla/5.0")
}
