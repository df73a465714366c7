import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import { FieldSelector, parseFieldSelector } from "../../machinery/selectors/field-selector.ts"
import { SelectorError } from "../../machinery/selectors/requirement.ts"
import { badRequest } from "../../machinery/status/errors.ts"
import { isConflict } from "../../machinery/status/predicates.ts"
import type { ApiCall, ApiResult, CallHandler, ServedEvent, ServedObject } from "../call.ts"
import { withNulls } from "../watch-cache/cached-object.ts"
import { finished } from "./draft.ts"
import { readBody } from "./object-machinery.ts"
import { patchObject, readPatch } from "./patch.ts"
import { writeOptions } from "./request-options.ts"

/** A resource that is another form of one that is stored: calls are translated there and answers back. */
export interface OtherForm {
  readonly resource: AnyResource
  /** What is stored. */
  readonly storage: AnyResource
  readonly toStorage: (object: KubeObject) => KubeObject
  readonly fromStorage: (object: KubeObject) => KubeObject
  /** What is written through it has to meet its own rules instead of those of what is stored. */
  readonly hasOwnRules?: true
  /** A selectable field by its name in the stored form. */
  readonly storageField: (path: string) => string
}

const PATCH_TRIES_MAX = 10

/** `stored`: answers in the stored form, and notes the owners of fields in the other one. */
export function handleOtherForm(form: OtherForm, call: ApiCall, stored: CallHandler): Promise<ApiResult> {
  const inner = translated(form, call)
  switch (call.info.verb) {
    case "create":
      return write(form, call, "CreateOptions", (body) => stored({ ...inner, body }))
    case "update":
      return write(form, call, "UpdateOptions", (body) => stored({ ...inner, body }))
    case "patch":
      return patch(form, call, inner, stored)
    default:
      return stored(inner).then((result) => answer(form, result))
  }
}

function translated(form: OtherForm, call: ApiCall): ApiCall {
  const { group, version, plural } = form.storage
  const query = new URLSearchParams(call.query)
  const selector = query.get("fieldSelector")
  if (selector !== null) query.set("fieldSelector", translatedSelector(form, selector))
  // The body is checked in the form in which it was sent.
  query.delete("fieldValidation")
  const { signal } = call
  // Copied by name: in a call from the network it is no member of its own.
  return { ...call, signal, query, sentAs: form.resource, info: { ...call.info, group, version, resource: plural } }
}

function translatedSelector(form: OtherForm, text: string): string {
  try {
    const { terms } = parseFieldSelector(text)
    return new FieldSelector(terms.map((term) => ({ ...term, field: form.storageField(term.field) }))).toString()
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message)
    throw error
  }
}

async function write(
  form: OtherForm,
  call: ApiCall,
  kind: "CreateOptions" | "UpdateOptions",
  send: (body: ApiCall["body"]) => Promise<ApiResult>,
): Promise<ApiResult> {
  const { fieldValidation } = writeOptions(call, kind)
  const sent = readBody(call.body, { resource: form.resource, fieldValidation, warn: call.warn })
  return answer(form, await send(bodyOf(form.toStorage(finished(sent)))))
}

function bodyOf(value: KubeObject): ApiCall["body"] {
  return { type: "value", value, contentType: "application/json" }
}

/** A patch is of the form that the client knows, so it is applied to that, and the result is stored. */
async function patch(form: OtherForm, call: ApiCall, inner: ApiCall, stored: CallHandler): Promise<ApiResult> {
  const sent = readPatch({ call, resource: form.resource })
  if (sent.type === "apply") {
    const fieldValidation = call.query.get("fieldValidation")
    if (fieldValidation !== null) inner.query.set("fieldValidation", fieldValidation)
    return answer(form, await stored(inner))
  }
  const options = writeOptions(call, "PatchOptions")
  for (let attempt = 1; ; attempt++) {
    const current = await stored({ ...inner, query: new URLSearchParams(), info: { ...inner.info, verb: "get" } })
    if (current.type !== "object") throw new TypeError("a get answers with an object")
    const { object } = current.served
    const patched = finished(patchObject(form.resource, form.fromStorage(object), sent, options, call.warn))
    try {
      const body = bodyOf(form.toStorage(patched))
      return answer(form, await stored({ ...inner, body, info: { ...inner.info, verb: "update" } }))
    } catch (error) {
      const isOwn = patched.metadata.resourceVersion === object.metadata.resourceVersion
      if (attempt >= PATCH_TRIES_MAX || !isOwn || !isConflict(error)) throw error
    }
  }
}

function answer(form: OtherForm, result: ApiResult): ApiResult {
  const { resource } = form
  switch (result.type) {
    case "object":
      return { ...result, resource, served: converted(form, result.served) }
    case "list":
      return { ...result, resource, items: result.items.map((item) => converted(form, item)) }
    case "watch":
      return { ...result, resource, events: convertedEvents(form, result.events) }
    default:
      return result
  }
}

// Every reader of a version is served the same conversion.
const conversions = new WeakMap<ServedObject, ServedObject>()

function converted(form: OtherForm, served: ServedObject): ServedObject {
  let other = conversions.get(served)
  if (other === undefined) conversions.set(served, (other = new ConvertedObject(form, served)))
  return other
}

class ConvertedObject implements ServedObject {
  readonly #form: OtherForm
  readonly #served: ServedObject
  #object: KubeObject | undefined
  #json: Uint8Array | undefined

  constructor(form: OtherForm, served: ServedObject) {
    this.#form = form
    this.#served = served
  }

  get object(): KubeObject {
    return (this.#object ??= this.#form.fromStorage(this.#served.object))
  }

  json = (): Uint8Array => (this.#json ??= Buffer.from(JSON.stringify(withNulls(this.#form.resource, this.object))))
}

async function* convertedEvents(form: OtherForm, events: AsyncIterable<ServedEvent>): AsyncGenerator<ServedEvent> {
  for await (const { type, served } of events) {
    // A bookmark is no object: only its metadata means anything.
    yield { type, served: type === "BOOKMARK" ? bookmark(form, served) : converted(form, served) }
  }
}

function bookmark({ resource }: OtherForm, { object }: ServedObject): ServedObject {
  const renamed = { ...object, apiVersion: resource.apiVersion, kind: resource.kind }
  return { object: renamed, json: () => Buffer.from(JSON.stringify(renamed)) }
}
