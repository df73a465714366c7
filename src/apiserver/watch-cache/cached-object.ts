import { fieldsText } from "../../machinery/apply/fields-v1.ts"
import { decodeValue } from "../../machinery/decode/decode.ts"
import { applyDefaults } from "../../machinery/defaulting/apply-defaults.ts"
import { parseJson, STORED_DEPTH_MAX } from "../../machinery/json/parse.ts"
import type { ManagedFieldsEntry } from "../../machinery/meta/object-meta.ts"
import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import type { ServedObject } from "../call.ts"
import { splitObjectKey } from "../resources/storage-key.ts"

/**
 * One version of one object. Holds the stored bytes (JSON without resourceVersion); the parsed form and the served JSON
 * are made on first use and kept. Nobody may change what it hands out.
 */
export class CachedObject implements ServedObject {
  readonly resource: AnyResource
  readonly key: string
  readonly revision: number
  /** Undefined once the served JSON holds the same bytes: nothing is kept twice. */
  #stored: Uint8Array | undefined
  #object: KubeObject | undefined
  #json: Uint8Array | undefined
  /** What is served can be made from the stored bytes. A schema that came later may know other fields and defaults. */
  readonly #isCanonical: boolean

  constructor(resource: AnyResource, key: string, revision: number, stored: Uint8Array, object?: KubeObject) {
    this.#isCanonical = resource.struct.form === undefined || object !== undefined
    this.resource = resource
    this.key = key
    this.revision = revision
    this.#stored = stored
    this.#object = object
  }

  get object(): KubeObject {
    return (this.#object ??= parseStored(this.resource, this.stored, this.revision))
  }

  json = (): Uint8Array => {
    if (this.#json !== undefined) return this.#json
    const { stored } = this
    const { text, bytes } = headOf(this.resource)
    if (this.#isCanonical && startsWith(stored, bytes)) {
      this.#json = Buffer.concat([this.#servedHead(text), stored.subarray(bytes.length)])
      this.#stored = undefined
    } else {
      // Written by another version of the program, or by hand.
      this.#json = encoder.encode(JSON.stringify(withNulls(this.resource, this.object)))
    }
    return this.#json
  }

  /** JSON as stored, decrypted, without resourceVersion. */
  get stored(): Uint8Array {
    if (this.#stored !== undefined) return this.#stored
    const { text, bytes } = headOf(this.resource)
    return Buffer.concat([bytes, this.json().subarray(this.#servedHead(text).length)])
  }

  #servedHead(head: string): Uint8Array {
    return encoder.encode(`${head}"resourceVersion":"${this.revision}",`)
  }

  get labels(): Readonly<Record<string, string>> | undefined {
    return this.object.metadata.labels
  }

  /** The value of a selectable field; empty when the kind has no such field. */
  field(path: string): string {
    if (path === "metadata.name") return splitObjectKey(this.resource, this.key).name
    if (path === "metadata.namespace") return splitObjectKey(this.resource, this.key).namespace
    const read = this.resource.selectableFields.get(path)
    return read === undefined ? "" : read(this.object as never)
  }

  /** The same content at another revision: how a deletion, or leaving a selector, is told. */
  at(revision: number): CachedObject {
    if (this.#isCanonical) return new CachedObject(this.resource, this.key, revision, this.stored)
    const { metadata } = this.object
    const object = { ...this.object, metadata: { ...metadata, resourceVersion: String(revision) } }
    return new CachedObject(this.resource, this.key, revision, toStoredBytes(this.resource, object), object)
  }
}

export function byKey(a: CachedObject, b: CachedObject): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0
}

/** Parses what is stored, in its in-memory form, and adds the resourceVersion. */
function parseStored(resource: AnyResource, stored: Uint8Array, revision: number): KubeObject {
  // Decoding gives maps their null prototype, and drops what another version of the program may have written.
  const object = decodeValue(resource.struct, parseJson(stored, STORED_DEPTH_MAX).value) as KubeObject
  if (resource.struct.form !== undefined) applyDefaults(resource.struct, object as never)
  const metadata = { ...object.metadata, resourceVersion: String(revision) }
  return { ...object, apiVersion: resource.apiVersion, kind: resource.kind, metadata }
}

const encoder = new TextEncoder()
/** Every stored object begins with this text, so the resourceVersion can be put in without parsing. */
export function storedHead(resource: AnyResource): string {
  return `{"kind":${JSON.stringify(resource.kind)},"apiVersion":${JSON.stringify(resource.apiVersion)},"metadata":{`
}

/** The bytes to store for an object: canonical JSON without resourceVersion, beginning with `storedHead`. */
export function toStoredBytes(resource: AnyResource, object: KubeObject): Uint8Array {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object
  const { resourceVersion: _resourceVersion, managedFields = [], ...meta } = metadata
  const members = [inside(meta), managedFields.length === 0 ? "" : `"managedFields":[${managedFields.map(ownerText)}]`]
  const head = `${storedHead(resource)}${members.filter((text) => text !== "").join(",")}}`
  const tail = inside(withNulls(resource, rest))
  return encoder.encode(tail === "" ? `${head}}` : `${head},${tail}}`)
}

/** What an object shows in JSON: absent members that Kubernetes writes are null. */
export function withNulls(resource: AnyResource, members: object): object {
  const { nullWhenAbsent } = resource.strategy
  if (nullWhenAbsent === undefined) return members
  const shown: Record<string, unknown> = { ...members }
  for (const name of nullWhenAbsent) shown[name] ??= null
  return shown
}

/** The members of an object as JSON. */
const inside = (object: object): string => JSON.stringify(object).slice(1, -1)

/** Field sets make up half of many objects; their text is made once for all that share it. */
function ownerText({ fieldsV1, subresource, ...entry }: ManagedFieldsEntry): string {
  const fields = fieldsV1 === undefined ? "" : `,"fieldsV1":${fieldsText(fieldsV1)}`
  const end = subresource === undefined ? "" : `,"subresource":${JSON.stringify(subresource)}`
  return `{${inside(entry)}${fields}${end}}`
}

const heads = new WeakMap<AnyResource, { readonly text: string; readonly bytes: Buffer }>()

function headOf(resource: AnyResource) {
  let head = heads.get(resource)
  if (head === undefined) {
    const text = storedHead(resource)
    heads.set(resource, (head = { text, bytes: Buffer.from(text) }))
  }
  return head
}

/** Whether bytes are those of an object stored in this version. */
export function isStoredAs(resource: AnyResource, stored: Uint8Array): boolean {
  return startsWith(stored, headOf(resource).bytes)
}

function startsWith(bytes: Uint8Array, head: Buffer): boolean {
  return bytes.length > head.length && head.compare(bytes, 0, head.length) === 0
}
