import * as field from "../../machinery/field/error.ts"
import { DeleteOptions } from "../../machinery/meta/options.ts"
import { badRequest } from "../../machinery/status/errors.ts"
import type { ApiCall } from "../call.ts"
import { readStruct } from "./object-machinery.ts"
import { dryRunErrors, flag, integer, invalidOptions, META_GROUP } from "./request-options.ts"

/** How an object is to be deleted. */
export interface Deletion {
  readonly dryRun: boolean
  readonly gracePeriodSeconds: number | undefined
  readonly uid: string | undefined
  readonly resourceVersion: string | undefined
  readonly orphanDependents: boolean | undefined
  readonly propagationPolicy: string | undefined
}

/** Where Kubernetes registers the kinds of options. */
const SCHEME = '"k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27"'
const POLICIES: readonly string[] = ["Foreground", "Background", "Orphan"]

/** From the body, or from the query when there is none. Throws a 400, or a 422 for what does not go together. */
export function deletionOptions(call: ApiCall): Deletion {
  const hasBody = call.body.type === "value" ? call.body.value !== undefined : call.body.type === "bytes"
  return checkDeletion(hasBody ? fromBody(call) : fromQuery(call.query))
}

export function checkDeletion(options: DeleteOptions): Deletion {
  const { orphanDependents, propagationPolicy, dryRun = [], gracePeriodSeconds, preconditions } = options
  const errors = []
  if (orphanDependents !== undefined && propagationPolicy !== undefined) {
    const why = "orphanDependents and deletionPropagation cannot be both set"
    errors.push(field.invalid("propagationPolicy", propagationPolicy, why))
  }
  if (propagationPolicy !== undefined && !POLICIES.includes(propagationPolicy)) {
    errors.push(field.notSupported("propagationPolicy", propagationPolicy, [...POLICIES, "nil"]))
  }
  errors.push(...dryRunErrors(dryRun))
  if (errors.length > 0) throw invalidOptions("DeleteOptions", errors)
  return {
    dryRun: dryRun.length > 0,
    // As Kubernetes does with negative values.
    gracePeriodSeconds: gracePeriodSeconds !== undefined && gracePeriodSeconds < 0 ? 1 : gracePeriodSeconds,
    uid: preconditions?.uid,
    resourceVersion: preconditions?.resourceVersion,
    orphanDependents,
    propagationPolicy,
  }
}

/** The options as an object again, as admission shows them. */
export function deletionObject(deletion: Deletion): object {
  const { dryRun, gracePeriodSeconds, uid, resourceVersion, orphanDependents, propagationPolicy } = deletion
  const preconditions = { ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) }
  return {
    kind: "DeleteOptions",
    apiVersion: `${META_GROUP}/v1`,
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(Object.keys(preconditions).length > 0 && { preconditions }),
    ...(orphanDependents !== undefined && { orphanDependents }),
    ...(propagationPolicy !== undefined && { propagationPolicy }),
    ...(dryRun && { dryRun: ["All"] }),
  }
}

function fromBody(call: ApiCall): DeleteOptions {
  const { apiVersion, kind, value } = readStruct(call.body, DeleteOptions)
  if (kind !== "" && kind !== "DeleteOptions") {
    const version = apiVersion === "" ? `${META_GROUP}/v1` : apiVersion
    throw badRequest(`no kind "${kind}" is registered for version "${version}" in scheme ${SCHEME}`)
  }
  if (apiVersion !== "" && !isOptionsVersion(apiVersion)) {
    throw badRequest(`no kind "DeleteOptions" is registered for version "${apiVersion}" in scheme ${SCHEME}`)
  }
  return value
}

/** Every group has the kind, for clients that fill in the group of what they delete. */
function isOptionsVersion(apiVersion: string): boolean {
  return /^(?:[a-z\d.-]+\/)?v\d+(?:(?:alpha|beta)\d+)?$/.test(apiVersion)
}

function fromQuery(query: URLSearchParams): DeleteOptions {
  const gracePeriodSeconds = integer(query, "gracePeriodSeconds")
  const orphanDependents = flag(query, "orphanDependents")
  const propagationPolicy = query.get("propagationPolicy")
  return {
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(orphanDependents !== undefined && { orphanDependents }),
    ...(propagationPolicy !== null && { propagationPolicy }),
    dryRun: query.getAll("dryRun"),
  }
}
