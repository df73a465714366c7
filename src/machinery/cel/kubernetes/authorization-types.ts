import { type DeclaredType, declaredString, listType, mapType, NO_LIMIT, structType } from "./declared-type.ts"

const texts = listType(declaredString, NO_LIMIT)

function struct(name: string, fields: Readonly<Record<string, DeclaredType>>): DeclaredType {
  return structType(`kubernetes.${name}`, new Map(Object.entries(fields)))
}

const requirements = listType(
  struct("SelectorRequirement", { key: declaredString, operator: declaredString, values: texts }),
  NO_LIMIT,
)
const selector = (name: string) => struct(name, { rawSelector: declaredString, requirements })

/** The variable `request` of conditions that say which requests an authorization webhook is asked about. */
export const accessReviewSpecType = struct("SubjectAccessReviewSpec", {
  resourceAttributes: struct("ResourceAttributes", {
    namespace: declaredString,
    verb: declaredString,
    group: declaredString,
    version: declaredString,
    resource: declaredString,
    subresource: declaredString,
    name: declaredString,
    fieldSelector: selector("FieldSelectorAttributes"),
    labelSelector: selector("LabelSelectorAttributes"),
  }),
  nonResourceAttributes: struct("NonResourceAttributes", { path: declaredString, verb: declaredString }),
  user: declaredString,
  groups: texts,
  extra: mapType(texts, NO_LIMIT),
  uid: declaredString,
})
