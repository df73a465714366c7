import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { isExtended } from "../../../core/v1/validation/resources.ts"
import { type Errors, NONE } from "../../../core/v1/validation/rules.ts"
import type { DeviceClassSpec } from "../device-class.ts"
import { validateSlice } from "./bounded-lists.ts"
import { CONFIGS_MAX } from "./device-claim.ts"
import { validateConfiguration, validateSelectors } from "./device-configuration.ts"

const SPEC = FieldPath.root("spec")

export function validateDeviceClass({ spec }: { readonly spec: DeviceClassSpec }): Errors {
  const { selectors, config, extendedResourceName: name } = spec
  const at = SPEC.child("extendedResourceName")
  return [
    ...validateSelectors(selectors, SPEC.child("selectors")),
    ...validateSlice(config, CONFIGS_MAX, SPEC.child("config"), validateConfiguration),
    ...(name === undefined || isExtended(name)
      ? NONE
      : [field.invalid(at, name, "must be a valid extended resource name")]),
  ]
}
