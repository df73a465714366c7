import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { byteLength } from "../../../../machinery/names/rules.ts"
import { isObject } from "../../../../machinery/patch/structure.ts"
import { onFirstUse } from "../../../../platform/on-first-use.ts"
import { type Errors, NONE } from "../../../core/v1/validation/rules.ts"
import type { DeviceConfiguration } from "../device-configuration.ts"
import type { DeviceSelector } from "../device-selector.ts"
import { validateSlice } from "./bounded-lists.ts"
import { driverName } from "./device-names.ts"

/** Agents know these kinds, but compile no expressions. */
const selectors = onFirstUse<typeof import("../../../../machinery/cel/kubernetes/device-selector.ts")>(
  "../../../../machinery/cel/kubernetes/device-selector.ts",
  import.meta.url,
)

const PARAMETERS_BYTES_MAX = 10 * 1024
const EXPRESSION_BYTES_MAX = 10 * 1024
const SELECTORS_MAX = 32

export function validateConfiguration({ opaque }: DeviceConfiguration, path: FieldPath): Errors {
  const at = path.child("opaque")
  if (opaque === undefined) return [field.required(at)]
  return [
    ...driverName(opaque.driver, at.child("driver")),
    ...validateRaw(opaque.parameters, PARAMETERS_BYTES_MAX, at.child("parameters")),
  ]
}

/** An object whose form only others know. */
export function validateRaw(value: unknown, bytesMax: number, path: FieldPath): Errors {
  if (value === undefined || value === null) return [field.required(path)]
  if (byteLength(JSON.stringify(value)) > bytesMax) return [field.tooLong(path, bytesMax)]
  return isObject(value) ? NONE : [field.invalid(path, "<value omitted>", "must be a valid JSON object")]
}

export function validateSelectors(given: readonly DeviceSelector[] | undefined, path: FieldPath): Errors {
  return validateSlice(given, SELECTORS_MAX, path, ({ cel }, at) => {
    if (cel === undefined) return [field.required(at.child("cel"))]
    return validateExpression(cel.expression, at.child("cel").child("expression"))
  })
}

function validateExpression(expression: string, path: FieldPath): Errors {
  if (byteLength(expression) > EXPRESSION_BYTES_MAX) return [field.tooLong(path, EXPRESSION_BYTES_MAX)]
  const { compileDeviceSelector, DEVICE_SELECTOR_COST_MAX } = selectors()
  const compiled = compileDeviceSelector(expression)
  if (!compiled.ok) return [field.invalid(path, expression, compiled.message)]
  return compiled.costMax > DEVICE_SELECTOR_COST_MAX ? [field.forbidden(path, "too complex, exceeds cost limit")] : NONE
}
