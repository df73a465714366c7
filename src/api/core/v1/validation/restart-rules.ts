import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import type { Container, ContainerRestartRule } from "../container.ts"
import { type Errors, NONE, oneOf } from "./rules.ts"

const RULES_MAX = 20
const EXIT_CODES_MAX = 255

/** When a container is restarted, where that differs from its pod. */
export function validateRestartRules({ restartPolicy, restartPolicyRules = [] }: Container, path: FieldPath): Errors {
  const at = path.child("restartPolicy")
  const rulesPath = path.child("restartPolicyRules")
  const errors: FieldError[] = []
  if (restartPolicy !== undefined) errors.push(...oneOf(restartPolicy, ["Always", "Never", "OnFailure"], at))
  else if (restartPolicyRules.length > 0) {
    errors.push(field.required(at, "must specify restartPolicy when restart rules are used"))
  }
  if (restartPolicyRules.length > RULES_MAX) {
    errors.push(field.tooMany(rulesPath, restartPolicyRules.length, RULES_MAX))
  }
  return [...errors, ...restartPolicyRules.flatMap((rule, index) => validateRule(rule, rulesPath.index(index)))]
}

function validateRule({ action, exitCodes }: ContainerRestartRule, path: FieldPath): Errors {
  const at = path.child("exitCodes")
  const errors = [...oneOf(action, ["Restart", "RestartAllContainers"], path.child("action"))]
  if (exitCodes === undefined) return [...errors, field.required(at, "must be specified")]
  const { operator, values = [] } = exitCodes
  return [
    ...errors,
    ...oneOf(operator, ["In", "NotIn"], at.child("operator")),
    ...(values.length > EXIT_CODES_MAX ? [field.tooMany(at.child("values"), values.length, EXIT_CODES_MAX)] : NONE),
  ]
}
