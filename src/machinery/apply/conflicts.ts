import { quote } from "../field/quote.ts"
import { applyConflict } from "../status/errors.ts"
import type { StatusError } from "../status/status-error.ts"
import type { FieldSet } from "./field-set.ts"
import { pathText } from "./field-set.ts"
import type { Owner } from "./owners.ts"

/** Fields that somebody wants to set to another value than their owner. */
export interface Conflict {
  readonly owner: Owner
  readonly fields: FieldSet
}

/** The 409 that lists every field with its owner, in Kubernetes' words. */
export function conflictError(conflicts: readonly Conflict[]): StatusError {
  const listed = conflicts.map(({ owner, fields }) => ({
    owner: ownerText(owner),
    paths: [...fields.paths()].map(pathText),
  }))
  const causes = listed.flatMap(({ owner, paths }) =>
    paths.map((field) => ({ reason: "FieldManagerConflict", message: `conflict with ${owner}`, field })),
  )
  const [first] = causes
  if (causes.length === 1 && first !== undefined) {
    return applyConflict(causes, `Apply failed with 1 conflict: ${first.message}: ${first.field}`)
  }
  const lines = listed.flatMap(({ owner, paths }) => [`conflicts with ${owner}:`, ...paths.map((path) => `- ${path}`)])
  return applyConflict(causes, `Apply failed with ${causes.length} conflicts: ${lines.join("\n")}`)
}

function ownerText({ manager, operation, apiVersion, subresource }: Owner): string {
  const name = subresource === "" ? quote(manager) : `${quote(manager)} with subresource ${quote(subresource)}`
  return operation === "Update" ? `${name} using ${apiVersion}` : name
}
