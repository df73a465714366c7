import type { FieldError } from "../../machinery/field/error.ts"
import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import type { DraftObject } from "./draft.ts"

export function validateFields(_resource: AnyResource, _draft: DraftObject): readonly FieldError[] {
  return []
}

export function validateFieldsUpdate(
  _resource: AnyResource,
  _draft: DraftObject,
  _old: KubeObject,
): readonly FieldError[] {
  return []
}
