import { compareKeys } from "../../../machinery/json/key-order.ts"
import type { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import type { Column } from "../../../machinery/schema/resource.ts"
import type { ParamKind, ParamRef } from "./policy-parameters.ts"

/** Columns that policies, and bindings of policies, share. */

export const paramKindColumn: Column<{ readonly spec: { readonly paramKind?: ParamKind } }> = {
  name: "ParamKind",
  type: "string",
  doc: "The kind of object that parameters come from.",
  value: ({ spec: { paramKind } }) =>
    paramKind === undefined ? "<unset>" : `${paramKind.apiVersion ?? ""}/${paramKind.kind ?? ""}`,
}

export const bindingColumns: readonly Column<{
  readonly spec: { readonly policyName?: string; readonly paramRef?: ParamRef }
}>[] = [
  {
    name: "PolicyName",
    type: "string",
    doc: "The policy that it puts into effect.",
    value: ({ spec }) => spec.policyName ?? "",
  },
  {
    name: "ParamRef",
    type: "string",
    doc: "The objects with parameters.",
    value: ({ spec }) => (spec.paramRef === undefined ? "<unset>" : referenceCell(spec.paramRef)),
  },
]

function referenceCell({ name = "", namespace = "", selector }: ParamRef): string {
  // Whether the kind has namespaces cannot be told from here.
  if (name !== "") return `${namespace === "" ? "*" : namespace}/${name}`
  return selector === undefined ? "<unset>" : selectorCell(selector)
}

/** As Go prints the message. */
function selectorCell({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(matchLabels)
    .toSorted(([a], [b]) => compareKeys(a, b))
    .map(([key, value]) => `${key}: ${value},`)
  const requirements = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(" ")}],},`,
  )
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join("")}},MatchExpressions:[]LabelSelectorRequirement{${requirements.join("")}},}`
}
