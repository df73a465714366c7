import type { FieldError } from "../../machinery/field/error.ts"
import * as field from "../../machinery/field/error.ts"
import { quote } from "../../machinery/field/quote.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import { type FieldSelector, parseFieldSelector } from "../../machinery/selectors/field-selector.ts"
import { parseLabelSelector } from "../../machinery/selectors/parse-label-selector.ts"
import { SelectorError } from "../../machinery/selectors/requirement.ts"
import { badRequest } from "../../machinery/status/errors.ts"
import type { Selection } from "../watch-cache/selection.ts"
import { flag, integer, invalidOptions } from "./request-options.ts"
import type { Scope } from "./scope.ts"
import { collectionPrefix, objectKey } from "./storage-key.ts"

/** Query parameters of list, watch and deletecollection. */
export interface ListOptions {
  readonly selection: Selection
  readonly resourceVersion: string
  /** Empty when the client did not say. */
  readonly match: string
  readonly limit: number
  readonly continue: string
  readonly timeoutSeconds: number | undefined
  readonly bookmarks: boolean
  readonly sendInitialEvents: boolean | undefined
}

/** Throws a 400 for what cannot be read and a 422 for what does not go together. */
export function listOptions(scope: Scope, watch: boolean): ListOptions {
  const { query } = scope.call
  const options: ListOptions = {
    selection: selectionOf(scope),
    resourceVersion: query.get("resourceVersion") ?? "",
    match: query.get("resourceVersionMatch") ?? "",
    limit: integer(query, "limit") ?? 0,
    continue: query.get("continue") ?? "",
    timeoutSeconds: integer(query, "timeoutSeconds"),
    bookmarks: flag(query, "allowWatchBookmarks") ?? false,
    sendInitialEvents: flag(query, "sendInitialEvents"),
  }
  const errors = watch ? watchErrors(options) : listErrors(options)
  if (errors.length > 0) throw invalidOptions("ListOptions", errors)
  return options
}

function listErrors({ match, resourceVersion, continue: token, sendInitialEvents }: ListOptions): FieldError[] {
  const errors: FieldError[] = []
  const wrong = (why: string) => errors.push(field.forbidden("resourceVersionMatch", why))
  if (match !== "") {
    if (resourceVersion === "") wrong("resourceVersionMatch is forbidden unless resourceVersion is provided")
    if (token !== "") wrong("resourceVersionMatch is forbidden when continue is provided")
    if (match !== "Exact" && match !== "NotOlderThan") {
      errors.push(field.notSupported("resourceVersionMatch", match, ["Exact", "NotOlderThan", ""]))
    }
    if (match === "Exact" && resourceVersion === "0") {
      wrong('resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
    }
  }
  if (sendInitialEvents !== undefined) {
    errors.push(field.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"))
  }
  return errors
}

function watchErrors({ match, resourceVersion, continue: token, sendInitialEvents }: ListOptions): FieldError[] {
  const errors: FieldError[] = []
  const wrong = (why: string) => errors.push(field.forbidden("resourceVersionMatch", why))
  if (sendInitialEvents !== undefined && match !== "NotOlderThan") {
    wrong("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
  }
  if (match === "") {
    // From nowhere on, a watch begins with everything there is, as if it had been asked for.
    const isLegacy = sendInitialEvents === undefined && (resourceVersion === "" || resourceVersion === "0")
    if (isLegacy && token !== "") wrong("resourceVersionMatch is forbidden when continue is provided")
    return errors
  }
  if (sendInitialEvents === undefined) {
    wrong("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")
  }
  if (match !== "NotOlderThan") errors.push(field.notSupported("resourceVersionMatch", match, ["NotOlderThan"]))
  if (token !== "") wrong("resourceVersionMatch is forbidden when continue is provided")
  return errors
}

function selectionOf({ call, resource, namespace, name }: Scope): Selection {
  const { query } = call
  try {
    const labels = parseLabelSelector(query.get("labelSelector") ?? "")
    const parsed = parseFieldSelector(query.get("fieldSelector") ?? "")
    const unknown = parsed.terms.find((term) => !isSelectable(resource, term.field))
    if (unknown !== undefined) throw new SelectorError(unknownField(resource, unknown.field))
    const fields = named(parsed, name)
    const key = onlyKey(resource, namespace, fields)
    return {
      prefix: collectionPrefix(resource, namespace),
      ...(key !== undefined && { key }),
      ...(!labels.matchesEverything && { labels }),
      ...(!fields.matchesEverything && { fields }),
    }
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message)
    throw error
  }
}

/** A name in the path, or alone in the selector, selects one object. */
function named(parsed: FieldSelector, name: string): FieldSelector {
  if (name === "") return parsed
  if (parsed.matchesEverything) return parseFieldSelector(`metadata.name=${name}`)
  if (parsed.exactValue("metadata.name") === name) return parsed
  throw badRequest("fieldSelector metadata.name doesn't match requested name")
}

function onlyKey(resource: AnyResource, namespace: string, fields: FieldSelector): string | undefined {
  const name = fields.exactValue("metadata.name")
  if (name === undefined || name === "") return undefined
  if (!resource.namespaced || namespace !== "") return objectKey(resource, namespace, name)
  const selected = fields.exactValue("metadata.namespace")
  return selected === undefined || selected === "" ? undefined : objectKey(resource, selected, name)
}

function isSelectable(resource: AnyResource, path: string): boolean {
  return path === "metadata.name" || path === "metadata.namespace" || resource.selectableFields.has(path)
}

function unknownField(resource: AnyResource, path: string): string {
  if (resource.selectableFields.size > 0) return `field label not supported: ${path}`
  return `${quote(path)} is not a known field selector: only "metadata.name", "metadata.namespace"`
}
